//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package fetch

import (
	"errors"
	"os"
	"syscall"
)

// openLocked opens or makes a file for one owner, until it is closed, and
// returns ErrDownloading if it has one. On a file system without locks it has
// none.
func openLocked(name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o666)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil, errors.Is(err, errors.ErrUnsupported):
			return file, nil
		case err == syscall.EINTR:
			continue
		case err == syscall.EWOULDBLOCK:
			err = ErrDownloading
		default:
			err = &os.PathError{Op: "lock", Path: name, Err: err}
		}
		file.Close()
		return nil, err
	}
}

// syncDir makes a rename in dir last. Some file systems have no such thing.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
