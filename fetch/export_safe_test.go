package fetch

import "net/netip"

// NewCheck returns what a guarded transport asks before it connects.
func NewCheck(g Guard) func(network, address string) error {
	return newGuardedDialer(g).checkAddress
}

// CheckAddress is a check that is used once.
func CheckAddress(g Guard, network, address string) error { return NewCheck(g)(network, address) }

// EmbeddedIPv4 takes a NAT64 address apart.
var EmbeddedIPv4 = embeddedIPv4

// SpecialPrefixes returns the prefixes that are refused by name.
func SpecialPrefixes() []netip.Prefix {
	var list []netip.Prefix
	for _, s := range specialPrefixes() {
		list = append(list, s.Prefix)
	}
	return list
}

// ParseContentRange returns first, last and total of a Content-Range.
func ParseContentRange(s string) ([3]int64, bool) {
	r, ok := parseContentRange(s)
	return [3]int64{r.first, r.last, r.total}, ok
}

// PutInPlace is the way of a download through its partial file, without the
// network. One without a body is given up.
func PutInPlace(path string, body []byte) error {
	p, err := openPartial(path, "http://a/")
	if err != nil {
		return err
	}
	defer p.close()
	if len(body) == 0 {
		return nil
	}
	if err := p.append(body); err != nil {
		return err
	}
	return p.commit()
}

// StrongETag returns the ETag of a header that can be resumed with.
var StrongETag = strongETag
