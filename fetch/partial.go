package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// partial is the file at path+".part" that becomes the one at path, and
// path+".part.state", which says how much of it can be resumed from. It is
// locked, so that it has one owner in all processes.
type partial struct {
	path  string   // of the finished file
	file  *os.File // locked
	url   string   // hash of the URL
	etag  string   // of the version that the bytes are of; "" if they cannot be resumed
	size  int64    // bytes written
	total int64    // size of the finished file, or -1 if it is not known

	synced    time.Time // when the state was last saved
	committed bool
}

// partState is the content of the state file. It never speaks of bytes that may
// not have reached the disk: after a crash of the machine a file may have its
// length, but zeros in place of what was written last.
type partState struct {
	URL   string `json:"url_sha256"` // the URL itself may have secrets in it
	ETag  string `json:"etag"`
	Size  int64  `json:"size"`
	Total int64  `json:"total"`
}

const (
	// saveEvery is what may be lost of a transfer if the process is killed.
	saveEvery = 5 * time.Second

	// stateSize is the size of a state file, which is padded so that it can be
	// overwritten in place, also when the disk is full.
	stateSize = 4 << 10
)

// openPartial opens or makes the partial file of path, which it shortens to what
// can be resumed from.
func openPartial(path, url string) (*partial, error) {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil, &fs.PathError{Op: "rename", Path: path, Err: errors.New("it is a directory; give the name of a file in it")}
	case path == "":
		return nil, errors.New("the path is empty")
	}
	p := &partial{path: path, total: -1, synced: time.Now()}
	hash := sha256.Sum256([]byte(url))
	p.url = hex.EncodeToString(hash[:])
	if err := p.lock(); err != nil {
		return nil, err
	}
	info, err := p.file.Stat()
	if err == nil {
		if state, ok := p.loadState(); ok && state.Size <= info.Size() {
			p.etag, p.size, p.total = state.ETag, state.Size, state.Total
		}
		err = p.file.Truncate(p.size)
	}
	if err != nil {
		p.file.Close()
		return nil, err
	}
	return p, nil
}

func (p *partial) name() string  { return p.path + ".part" }
func (p *partial) state() string { return p.path + ".part.state" }

// lock opens and locks the file. By the time the lock is had, the owner before
// may have renamed the file to path, where it must not be touched, or removed
// it. A symbolic link is never followed, as it may have been put there by
// somebody else.
func (p *partial) lock() error {
	for range 10 {
		file, err := openLocked(p.name())
		if err != nil {
			return err
		}
		opened, err := file.Stat()
		if err != nil {
			file.Close()
			return err
		}
		there, err := os.Lstat(p.name())
		if err == nil && there.Mode().IsRegular() && os.SameFile(opened, there) {
			p.file = file
			return nil
		}
		file.Close()
		if err == nil && !there.Mode().IsRegular() {
			return fmt.Errorf("%s is not a regular file; remove it", p.name())
		}
	}
	return ErrDownloading // by others who are quicker
}

func (p *partial) loadState() (s partState, ok bool) {
	b, err := os.ReadFile(p.state())
	if err != nil || len(b) > stateSize || json.Unmarshal(b, &s) != nil {
		return partState{}, false
	}
	return s, s.URL == p.url && s.ETag != "" && s.Size > 0 && (s.Total < 0 || s.Size <= s.Total)
}

// append writes b at the end.
func (p *partial) append(b []byte) error {
	n, err := p.file.WriteAt(b, p.size)
	p.size += int64(n)
	if err == nil && time.Since(p.synced) >= saveEvery {
		p.save()
	}
	return err
}

// save makes the bytes written so far resumable. If that fails, they are not,
// or fewer are.
func (p *partial) save() {
	p.synced = time.Now()
	if p.etag == "" || p.size == 0 || p.file.Sync() != nil {
		return
	}
	state, err := json.Marshal(partState{URL: p.url, ETag: p.etag, Size: p.size, Total: p.total})
	if err != nil || len(state) > stateSize {
		return
	}
	file, err := os.OpenFile(p.state(), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	file.Write(append(state, bytes.Repeat([]byte{' '}, stateSize-len(state))...))
}

// reset empties the part for a version with the given ETag. The state goes
// first: it must not be found beside bytes of another version.
func (p *partial) reset(etag string) error {
	if err := os.Remove(p.state()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p.etag, p.size, p.total = etag, 0, -1
	return p.file.Truncate(0)
}

// commit renames the part to path. It stays locked until then: whoever locks it
// would empty it.
func (p *partial) commit() error {
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := os.Remove(p.state()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(p.name(), p.path); err != nil {
		return err
	}
	p.committed = true
	return syncDir(filepath.Dir(p.path))
}

// useless makes close remove the part.
func (p *partial) useless() { p.etag = "" }

// close gives the part up, unless it was committed, and returns how much of it
// another call can resume from. It removes what nobody could.
func (p *partial) close() int64 {
	defer p.file.Close()
	if p.committed {
		return 0
	}
	if p.etag == "" || p.size == 0 {
		os.Remove(p.state())
		os.Remove(p.name()) // while it is locked: later it may be somebody else's
		return 0
	}
	p.save()
	return p.size
}
