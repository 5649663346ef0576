package validate

import "strings"

// isCountry is iso3166_1_alpha2: a country code of two capital letters that ISO
// 3166-1 assigns, or XK, which stands for Kosovo in practice.
func isCountry(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && strings.IndexByte(countries[s[0]-'A'], s[1]) >= 0
}

// isCurrency is iso4217: a currency or fund code of three capital letters in
// list one of ISO 4217. BGN, which left it in 2026, still counts: bills in it
// are still being settled.
func isCurrency(s string) bool {
	if len(s) != 3 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	list := currencies[s[0]-'A']
	for i := 1; i < len(list); i += len("XX ") {
		if list[i-1] == s[1] && list[i] == s[2] {
			return true
		}
	}
	return false
}

// countries holds the second letters of the codes for each first letter from A on.
var countries = [26]string{
	"DEFGILMOQRSTUWXZ",        // A
	"ABDEFGHIJLMNOQRSTVWYZ",   // B
	"ACDFGHIKLMNORUVWXYZ",     // C
	"EJKMOZ",                  // D
	"CEGHRST",                 // E
	"IJKMOR",                  // F
	"ABDEFGHILMNPQRSTUWY",     // G
	"KMNRTU",                  // H
	"DELMNOQRST",              // I
	"EMOP",                    // J
	"EGHIMNPRWYZ",             // K
	"ABCIKRSTUVY",             // L
	"ACDEFGHKLMNOPQRSTUVWXYZ", // M
	"ACEFGILOPRUZ",            // N
	"M",                       // O
	"AEFGHKLMNRSTWY",          // P
	"A",                       // Q
	"EOSUW",                   // R
	"ABCDEGHIJKLMNORSTVXYZ",   // S
	"CDFGHJKLMNORTVWZ",        // T
	"AGMSYZ",                  // U
	"ACEGINU",                 // V
	"FS",                      // W
	"K",                       // X
	"ET",                      // Y
	"AMW",                     // Z
}

// currencies holds the other two letters of the codes for each first letter from A
// on.
var currencies = [26]string{
	"ED FN LL MD OA RS UD WG ZN",                      // A
	"AM BD DT GN HD IF MD ND OB OV RL SD TN WP YN ZD", // B
	"AD DF HE HF HW LF LP NY OP OU RC UP VE ZK",       // C
	"JF KK OP ZD",                // D
	"GP RN TB UR",                // E
	"JD KP",                      // F
	"BP EL HS IP MD NF TQ YD",    // G
	"KD NL TG UF",                // H
	"DR LS NR QD RR SK",          // I
	"MD OD PY",                   // J
	"ES GS HR MF PW RW WD YD ZT", // K
	"AK BP KR RD SL YD",          // L
	"AD DL GA KD MK NT OP RU UR VR WK XN XV YR ZN", // M
	"AD GN IO OK PR ZD",                            // N
	"MR",                                           // O
	"AB EN GK HP KR LN YG",                         // P
	"AR",                                           // Q
	"ON SD UB WF",                                  // R
	"AR BD CR DG EK GD HP LE OS RD SP TN VC YP ZL", // S
	"HB JS MT ND OP RY TD WD ZS",                   // T
	"AH GX SD SN YI YU YW ZS",                      // U
	"ED ES ND UV",                                  // V
	"ST",                                           // W
	"AF AG AU BA BB BC BD CD CG DR OF PD PF PT SU TS UA XX", // X
	"ER",       // Y
	"AR MW WG", // Z
}
