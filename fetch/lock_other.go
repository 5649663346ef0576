//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package fetch

import "os"

// openLocked opens or makes a file. There are no locks here.
func openLocked(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
}

// syncDir does nothing: not every such system can sync a directory.
func syncDir(string) error { return nil }
