package validate

import "strings"

// isCountry is iso3166_1_alpha2: a country code of two capital letters that ISO
// 3166-1 assigns, or XK, which stands for Kosovo in practice.
func isCountry(s string) bool {
	return len(s) == 2 && s[0] <= 'Z' && strings.IndexByte(countries[s[0]], s[1]) >= 0
}

// isCurrency is iso4217: a currency or fund code of three capital letters in
// list one of ISO 4217. BGN, which left it in 2026, still counts: bills in it
// are still being settled.
func isCurrency(s string) bool {
	if len(s) != 3 || s[0] > 'Z' {
		return false
	}
	list := currencies[s[0]]
	for i := 1; i < len(list); i += len("XX ") {
		if list[i-1] == s[1] && list[i] == s[2] {
			return true
		}
	}
	return false
}

// countries holds the second letters of the codes for each first letter.
var countries = ['Z' + 1]string{
	'A': "DEFGILMOQRSTUWXZ",
	'B': "ABDEFGHIJLMNOQRSTVWYZ",
	'C': "ACDFGHIKLMNORUVWXYZ",
	'D': "EJKMOZ",
	'E': "CEGHRST",
	'F': "IJKMOR",
	'G': "ABDEFGHILMNPQRSTUWY",
	'H': "KMNRTU",
	'I': "DELMNOQRST",
	'J': "EMOP",
	'K': "EGHIMNPRWYZ",
	'L': "ABCIKRSTUVY",
	'M': "ACDEFGHKLMNOPQRSTUVWXYZ",
	'N': "ACEFGILOPRUZ",
	'O': "M",
	'P': "AEFGHKLMNRSTWY",
	'Q': "A",
	'R': "EOSUW",
	'S': "ABCDEGHIJKLMNORSTVXYZ",
	'T': "CDFGHJKLMNORTVWZ",
	'U': "AGMSYZ",
	'V': "ACEGINU",
	'W': "FS",
	'X': "K",
	'Y': "ET",
	'Z': "AMW",
}

// currencies holds the other two letters of the codes for each first letter.
var currencies = ['Z' + 1]string{
	'A': "ED FN LL MD OA RS UD WG ZN",
	'B': "AM BD DT GN HD IF MD ND OB OV RL SD TN WP YN ZD",
	'C': "AD DF HE HF HW LF LP NY OP OU RC UP VE ZK",
	'D': "JF KK OP ZD",
	'E': "GP RN TB UR",
	'F': "JD KP",
	'G': "BP EL HS IP MD NF TQ YD",
	'H': "KD NL TG UF",
	'I': "DR LS NR QD RR SK",
	'J': "MD OD PY",
	'K': "ES GS HR MF PW RW WD YD ZT",
	'L': "AK BP KR RD SL YD",
	'M': "AD DL GA KD MK NT OP RU UR VR WK XN XV YR ZN",
	'N': "AD GN IO OK PR ZD",
	'O': "MR",
	'P': "AB EN GK HP KR LN YG",
	'Q': "AR",
	'R': "ON SD UB WF",
	'S': "AR BD CR DG EK GD HP LE OS RD SP TN VC YP ZL",
	'T': "HB JS MT ND OP RY TD WD ZS",
	'U': "AH GX SD SN YI YU YW ZS",
	'V': "ED ES ND UV",
	'W': "ST",
	'X': "AF AG AU BA BB BC BD CD CG DR OF PD PF PT SU TS UA XX",
	'Y': "ER",
	'Z': "AR MW WG",
}
