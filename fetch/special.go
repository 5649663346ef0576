package fetch

import "net/netip"

// special lists the prefixes that no guarded client connects to, each with
// what it is for and the document that says so: the whole of the IANA IPv4 and
// IPv6 Special-Purpose Address Registries, multicast, and a few that behave
// alike. The entries that IANA marks as globally reachable are anycast services
// of the nearest network (PCP, TURN, AMT, AS112) and no more a place for a web
// server than the others. The narrower prefix comes first, because it has the
// better name.
//
// IPv4-mapped addresses and 64:ff9b::/96 are missing: they stand for an IPv4
// address, which is looked up in their place.
var special = [...]struct{ prefix, name, source string }{
	{"0.0.0.0/32", "this host", "RFC 1122"},
	{"0.0.0.0/8", "this network", "RFC 791"},
	{"10.0.0.0/8", "private use", "RFC 1918"},
	{"100.64.0.0/10", "shared address space", "RFC 6598"},
	{"127.0.0.0/8", "loopback", "RFC 1122"},
	{"169.254.0.0/16", "link-local", "RFC 3927"},
	{"172.16.0.0/12", "private use", "RFC 1918"},
	{"192.0.0.0/29", "IPv4 service continuity", "RFC 7335"},
	{"192.0.0.8/32", "dummy address", "RFC 7600"},
	{"192.0.0.9/32", "PCP anycast", "RFC 7723"},
	{"192.0.0.10/32", "TURN anycast", "RFC 8155"},
	{"192.0.0.170/32", "NAT64 discovery", "RFC 8880"},
	{"192.0.0.171/32", "NAT64 discovery", "RFC 8880"},
	{"192.0.0.0/24", "IETF protocol assignments", "RFC 6890"},
	{"192.0.2.0/24", "documentation", "RFC 5737"},
	{"192.31.196.0/24", "AS112", "RFC 7535"},
	{"192.52.193.0/24", "AMT", "RFC 7450"},
	{"192.88.99.2/32", "6a44 relay anycast", "RFC 6751"},
	{"192.88.99.0/24", "6to4 relay anycast", "RFC 7526"},
	{"192.168.0.0/16", "private use", "RFC 1918"},
	{"192.175.48.0/24", "AS112", "RFC 7534"},
	{"198.18.0.0/15", "benchmarking", "RFC 2544"},
	{"198.51.100.0/24", "documentation", "RFC 5737"},
	{"203.0.113.0/24", "documentation", "RFC 5737"},
	{"224.0.0.0/4", "multicast", "RFC 5771"},
	{"255.255.255.255/32", "limited broadcast", "RFC 8190"},
	{"240.0.0.0/4", "reserved", "RFC 1112"},
	// A public address that every virtual machine there reaches its host by.
	{"168.63.129.16/32", "the host of an Azure machine", "its operator"},

	{"::/128", "unspecified", "RFC 4291"},
	{"::1/128", "loopback", "RFC 4291"},
	{"::/96", "IPv4-compatible", "RFC 4291"},
	{"::ffff:0:0:0/96", "IPv4-translated", "RFC 2765"},
	{"64:ff9b:1::/48", "local NAT64", "RFC 8215"},
	{"100::/64", "discard", "RFC 6666"},
	{"100:0:0:1::/64", "dummy prefix", "RFC 9780"},
	{"2001::/32", "Teredo", "RFC 4380"},
	{"2001:1::1/128", "PCP anycast", "RFC 7723"},
	{"2001:1::2/128", "TURN anycast", "RFC 8155"},
	{"2001:1::3/128", "DNS-SD registration anycast", "RFC 9665"},
	{"2001:2::/48", "benchmarking", "RFC 5180"},
	{"2001:3::/32", "AMT", "RFC 7450"},
	{"2001:4:112::/48", "AS112", "RFC 7535"},
	{"2001:10::/28", "ORCHID", "RFC 4843"},
	{"2001:20::/28", "ORCHIDv2", "RFC 7343"},
	{"2001:30::/28", "drone identifiers", "RFC 9374"},
	{"2001::/23", "IETF protocol assignments", "RFC 2928"},
	{"2001:db8::/32", "documentation", "RFC 3849"},
	{"2002::/16", "6to4", "RFC 3056"},
	{"2620:4f:8000::/48", "AS112", "RFC 7534"},
	{"3fff::/20", "documentation", "RFC 9637"},
	{"5f00::/16", "segment routing", "RFC 9602"},
	{"fc00::/7", "unique local", "RFC 4193"},
	{"fe80::/10", "link-local", "RFC 4291"},
	{"fec0::/10", "site-local", "RFC 3879"},
	{"ff00::/8", "multicast", "RFC 4291"},
}

const (
	// globalUnicast is all of IPv6 that IANA has given out to the public
	// internet. What lies outside is refused, whatever it may become.
	globalUnicast = "2000::/3"

	// wellKnownNAT64 is the prefix by which a network without IPv4 reaches it
	// (RFC 6052, section 2.1).
	wellKnownNAT64 = "64:ff9b::/96"
)

// A namedPrefix is a parsed entry of special.
type namedPrefix struct {
	netip.Prefix
	name string
}

func specialPrefixes() []namedPrefix {
	list := make([]namedPrefix, 0, len(special)+1)
	for _, s := range special {
		list = append(list, namedPrefix{netip.MustParsePrefix(s.prefix), s.name + ", " + s.source})
	}
	return list
}
