package validate

import "strings"

// isSemver is semver: a version of Semantic Versioning 2.0.0, without a leading
// v, of at most maxShort bytes. v10 sets no limit.
func isSemver(s string) bool {
	if len(s) > maxShort {
		return false
	}
	s, build, hasBuild := strings.Cut(s, "+")
	core, pre, hasPre := strings.Cut(s, "-")
	if hasBuild && !areSemverIdentifiers(build, false) || hasPre && !areSemverIdentifiers(pre, true) {
		return false
	}
	for part := range 3 {
		n := countIn(core, charDigit)
		if n == 0 || n > 1 && core[0] == '0' {
			return false
		}
		core = core[n:]
		if part < 2 {
			if core == "" || core[0] != '.' {
				return false
			}
			core = core[1:]
		}
	}
	return core == ""
}

// areSemverIdentifiers reports whether s is a list of identifiers with dots between
// them. In a pre-release version those that are numbers have no leading zero.
func areSemverIdentifiers(s string, preRelease bool) bool {
	for more := true; more; {
		var id string
		if id, s, more = strings.Cut(s, "."); id == "" || !isSemverIdentifier(id) || preRelease && len(id) > 1 && id[0] == '0' && isOnly(id, charDigit) {
			return false
		}
	}
	return true
}

func isSemverIdentifier(s string) bool {
	for i := range len(s) {
		if chars[s[i]]&charAlnum == 0 && s[i] != '-' {
			return false
		}
	}
	return true
}

// isCron is cron: five to seven fields with spaces between them, one of the
// words @annually, @yearly, @monthly, @weekly, @daily, @hourly and @reboot, or
// @every and a duration. It has at most maxShort bytes. Only the shape is
// checked, as in v10: 61 passes for a minute, since what a field may hold
// differs from one scheduler to the next.
func isCron(s string) bool {
	if len(s) > maxShort {
		return false
	}
	switch s {
	case "@annually", "@yearly", "@monthly", "@weekly", "@daily", "@hourly", "@reboot":
		return true
	}
	if every, ok := strings.CutPrefix(s, "@every "); ok {
		return isCronInterval(every)
	}
	fields := 0
	for {
		n := strings.IndexByte(s, ' ')
		if n < 0 {
			n = len(s)
		}
		if !isCronField(s[:n]) {
			return false
		}
		fields++
		if n == len(s) {
			return 5 <= fields && fields <= 7
		}
		s = strings.TrimLeft(s[n:], " ")
	}
}

// isCronField reports whether s is *, ? or a digit, or a longer text of the
// characters of fields that begins with a letter, a digit, * or ?.
func isCronField(s string) bool {
	if s == "" || chars[s[0]]&charAlnum == 0 && s[0] != '*' && s[0] != '?' || len(s) == 1 && chars[s[0]]&charAlpha != 0 {
		return false
	}
	for i := range len(s) {
		if chars[s[i]]&charAlnum == 0 && strings.IndexByte("*?/,#-", s[i]) < 0 {
			return false
		}
	}
	return true
}

// isCronInterval reports whether s is one or more whole numbers with units.
func isCronInterval(s string) bool {
	for {
		n := countIn(s, charDigit)
		if n == 0 {
			return false
		}
		unit := unitOf(s[n:])
		if unit == 0 {
			return false
		}
		if s = s[n+unit:]; s == "" {
			return true
		}
	}
}
