// Package integration holds the tests of fetch against servers that nobody
// wrote for it: nginx, squid, toxiproxy and net/http's own.
//
// What they show needs real connections, and so real time. They wait for
// conditions, with deadlines that are generous, and never for time to pass. All
// that can be shown without a network is tested beside fetch, where time is
// testing/synctest.
//
// The module is never tagged: users of the library do not need toxiproxy.
// A test whose server is not installed is skipped, unless the environment
// variable CI is set, which makes it fail.
package integration
