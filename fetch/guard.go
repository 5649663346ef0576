package fetch

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

// A Guard says what [GuardPublic] lets through. The zero Guard lets through
// ports 80 and 443 of every public address. It is copied; its slices are not to
// be changed afterwards.
type Guard struct {
	// Ports are the ports that may be connected to. Nil means 80 and 443.
	Ports []uint16

	// Hosts, if not empty, are the only hosts that may be connected to, by name
	// or address; "*.example.com" stands for all names below example.com. Their
	// addresses have to pass like all others. Case and a dot at the end do not
	// matter. A name that is not ASCII is written in its "xn--" form.
	Hosts []string

	// Allow are prefixes that may be connected to although they are not public.
	Allow []netip.Prefix

	// Deny are prefixes that must not be connected to although they are
	// public, such as those of the program's own network. It wins over Allow.
	Deny []netip.Prefix

	// NAT64 are the prefixes, beside 64:ff9b::/96, by which the network
	// translates IPv6 to IPv4 (RFC 6052): of 32, 40, 48, 56, 64 or 96 bits. An
	// address within one of them is judged by the IPv4 address in it. A network
	// with such a prefix that is not listed here defeats the guard.
	NAT64 []netip.Prefix

	// Dialer makes the connections, for a Resolver or timeouts of one's own.
	// Its Control functions run after the guard's. Nil means a dialer with a
	// timeout of 30s.
	Dialer *net.Dialer
}

// GuardPublic keeps t, and so all clients that use it, from connecting to
// addresses that are not on the public internet, which protects a program that
// fetches URLs chosen by strangers from being sent to its own network
// (server-side request forgery). To connect elsewhere is [ErrBlockedAddress].
//
// The address is checked when a socket has been made for it and before it is
// connected, so that it does not matter how the address came about: written in
// any of its forms, by a redirect, or from a name server that gives another
// answer the second time. Refused are all prefixes of the IANA special-purpose
// registries, multicast, IPv6 outside of 2000::/3, tunnels (6to4, Teredo), and
// addresses with a zone. An IPv4-mapped address and one of a NAT64 are judged
// by the IPv4 address in them.
//
// GuardPublic takes the place of t.DialContext, sets t.Proxy to nil, since a
// proxy would make the connections out of the guard's sight, and closes idle
// connections. It is to be called before t is used. It returns an error, and
// leaves t as it was, if g has mistakes, if t has a DialTLSContext or DialTLS,
// which would go around the guard, and on platforms where a connection cannot
// be checked before it is made (plan9, js, wasip1). What is done to t later, or
// registered with it for another scheme, is not guarded.
//
// The error tells which address a name has. It is for the program's log, not
// for the stranger.
func GuardPublic(t *http.Transport, g Guard) error {
	c := config.For("fetch")
	if t == nil {
		c.Require(false, "transport", t, "must not be nil")
	} else {
		c.Require(t.DialTLSContext == nil, "transport.DialTLSContext", t.DialTLSContext, "must be nil, since it makes connections that the guard does not see; set TLSClientConfig instead")
		//lint:ignore SA1019 it is still called if it is set
		c.Require(t.DialTLS == nil, "transport.DialTLS", t.DialTLS, "must be nil, since it makes connections that the guard does not see; set TLSClientConfig instead")
	}
	c.Require(runtime.GOOS != "plan9" && runtime.GOOS != "js" && runtime.GOOS != "wasip1", "GOOS", runtime.GOOS, "has no way to check a connection before it is made")
	g.check(c)
	if err := c.Err(); err != nil {
		return err
	}
	d := newGuardedDialer(g)
	t.DialContext = d.dial
	t.Proxy = nil
	t.CloseIdleConnections()
	return nil
}

func (g *Guard) check(c *config.Check) {
	for i, port := range g.Ports {
		c.Require(port != 0, fmt.Sprintf("Guard.Ports[%d]", i), port, "must be from 1 to 65535")
	}
	for i, host := range g.Hosts {
		c.Require(isGuardHost(host), fmt.Sprintf("Guard.Hosts[%d]", i), host, `must be a name or an address without scheme or port, such as example.com, *.example.com or 2001:db8::1, in ASCII`)
	}
	for _, list := range []struct {
		field    string
		prefixes []netip.Prefix
	}{{"Guard.Allow", g.Allow}, {"Guard.Deny", g.Deny}, {"Guard.NAT64", g.NAT64}} {
		for i, p := range list.prefixes {
			c.Require(p.IsValid() && !p.Addr().Is4In6(), fmt.Sprintf("%s[%d]", list.field, i), p, "must be a prefix such as 10.0.0.0/8 or fd00::/8, and IPv4 written as IPv4")
		}
	}
	for i, p := range g.NAT64 {
		if p.IsValid() {
			c.Require(p.Addr().Is6() && slices.Contains(nat64Bits, p.Bits()), fmt.Sprintf("Guard.NAT64[%d]", i), p, "must be an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits (RFC 6052)")
		}
	}
}

func isGuardHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == ""
	}
	name := strings.TrimPrefix(host, "*.")
	return canonicalHost(name) != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("/:@*?#[]%\\", r)
	})
}

// canonicalHost returns host in the form in which hosts are compared.
func canonicalHost(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String()
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// guardedDialer is a Guard at work. It is immutable.
type guardedDialer struct {
	dialer  net.Dialer
	ports   []uint16
	hosts   []string // canonical
	allow   []netip.Prefix
	deny    []netip.Prefix
	nat64   []netip.Prefix
	special []namedPrefix
	global  netip.Prefix
}

func newGuardedDialer(g Guard) *guardedDialer {
	d := &guardedDialer{
		dialer:  net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second},
		ports:   g.Ports,
		allow:   g.Allow,
		deny:    g.Deny,
		nat64:   append([]netip.Prefix{netip.MustParsePrefix(wellKnownNAT64)}, g.NAT64...),
		special: specialPrefixes(),
		global:  netip.MustParsePrefix(globalUnicast),
	}
	if g.Ports == nil {
		d.ports = []uint16{80, 443}
	}
	for _, host := range g.Hosts {
		d.hosts = append(d.hosts, canonicalHost(host))
	}
	if g.Dialer != nil {
		d.dialer = *g.Dialer
	}
	withContext, plain := d.dialer.ControlContext, d.dialer.Control
	d.dialer.ControlContext = func(ctx context.Context, network, address string, conn syscall.RawConn) error {
		if err := d.checkAddress(network, address); err != nil {
			return err
		}
		switch { // as net.Dialer chooses
		case withContext != nil:
			return withContext(ctx, network, address, conn)
		case plain != nil:
			return plain(network, address, conn)
		}
		return nil
	}
	return d
}

func (d *guardedDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if len(d.hosts) > 0 {
		host, _, err := net.SplitHostPort(address)
		if err != nil || !d.knowsHost(canonicalHost(host)) {
			return nil, fmt.Errorf("%w: %q is not in Guard.Hosts", ErrBlockedAddress, host)
		}
	}
	return d.dialer.DialContext(ctx, network, address)
}

func (d *guardedDialer) knowsHost(host string) bool {
	return slices.ContainsFunc(d.hosts, func(pattern string) bool {
		if suffix, ok := strings.CutPrefix(pattern, "*"); ok {
			return len(host) > len(suffix) && strings.HasSuffix(host, suffix)
		}
		return host == pattern
	})
}

// checkAddress checks what a socket is about to be connected to.
func (d *guardedDialer) checkAddress(network, address string) error {
	target, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %q is not an address and port", ErrBlockedAddress, address)
	case !strings.HasPrefix(network, "tcp"):
		return fmt.Errorf("%w: the network is %q, not tcp", ErrBlockedAddress, network)
	case !slices.Contains(d.ports, target.Port()):
		return fmt.Errorf("%w: port %d is not in Guard.Ports, %v", ErrBlockedAddress, target.Port(), d.ports)
	}
	if reason := d.refuses(target.Addr()); reason != "" {
		return fmt.Errorf("%w: %s; Guard.Allow makes exceptions", ErrBlockedAddress, reason)
	}
	return nil
}

// refuses returns why addr must not be connected to, or "" if it may.
func (d *guardedDialer) refuses(addr netip.Addr) string {
	if addr.Zone() != "" {
		return fmt.Sprintf("%s has a zone", addr)
	}
	addr = addr.Unmap()
	contains := func(p netip.Prefix) bool { return p.Contains(addr) }
	if slices.ContainsFunc(d.deny, contains) {
		return fmt.Sprintf("%s is in Guard.Deny", addr)
	}
	if slices.ContainsFunc(d.allow, contains) {
		return ""
	}
	for _, p := range d.nat64 {
		if !p.Contains(addr) {
			continue
		}
		inner, ok := embeddedIPv4(addr, p.Bits())
		if !ok {
			return fmt.Sprintf("%s is no address of the NAT64 %s (RFC 6052)", addr, p)
		}
		if reason := d.refuses(inner); reason != "" {
			return fmt.Sprintf("%s is the NAT64 form of an address that is refused: %s", addr, reason)
		}
		return ""
	}
	for _, s := range d.special {
		if s.Contains(addr) {
			return fmt.Sprintf("%s is in %s (%s)", addr, s.Prefix, s.name)
		}
	}
	if addr.Is6() && !d.global.Contains(addr) {
		return fmt.Sprintf("%s is outside of %s (global unicast, RFC 4291)", addr, d.global)
	}
	return ""
}

// nat64Bits are the lengths that the prefix of a NAT64 can have.
var nat64Bits = []int{32, 40, 48, 56, 64, 96}

// embeddedIPv4 returns the IPv4 address that follows a prefix of the given
// length: RFC 6052, section 2.2. The octet of the bits 64 to 71, which is left
// out, has to be zero.
func embeddedIPv4(addr netip.Addr, bits int) (netip.Addr, bool) {
	const reserved = 8
	b := addr.As16()
	var v4 [4]byte
	next := bits / 8
	for i := range v4 {
		if next == reserved {
			next++
		}
		v4[i] = b[next]
		next++
	}
	return netip.AddrFrom4(v4), bits == 96 || b[reserved] == 0
}
