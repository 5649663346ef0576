package cache

// A balance divides a shard between its window and its main queue. It climbs
// towards more hits by what one more entry would be worth to each of them,
// which is known without asking a reader:
//
//   - An entry that the window just evicted and that is asked for again is a
//     hit that a larger window would have had. The same goes for the main queue.
//   - An entry that got a single hit while the hand went round may have got it
//     in the last moment: that is a hit which a smaller main queue would not
//     have had. It is a second witness for the main queue.
//
// The idea of giving space to where evicted keys are asked for again is that of
// ARC (Megiddo and Modha, 2003); what is added is that a clock tells the worth
// of its own last entries.
//
// A balance is guarded by shard.mu. The zero balance has no ghosts and moves
// nothing.
type balance struct {
	share      float64  // of the shard's entries that belong in the window
	fromWindow []uint32 // hashes of entries that were evicted, at a place chosen by hash
	fromMain   []uint32
}

const (
	firstShare = 0.02 // most caches want a small window, those that do not get there soon
	leastShare = 0.01
	mostShare  = 0.8

	// ghostShare is the number of ghosts of each queue, for each entry.
	ghostShare  = 0.1
	leastGhosts = 4

	// pace is how far share moves when as many ghosts of a queue come back as
	// there are.
	pace = 0.075
)

// grow makes room for the ghosts of a shard of the given number of entries, and
// forgets those that there are.
func (b *balance) grow(entries int) {
	if n := max(leastGhosts, int(ghostShare*float64(entries))); n > len(b.fromWindow) {
		b.fromWindow, b.fromMain = make([]uint32, n), make([]uint32, n)
	}
}

// window returns the number of entries, of those given, that belong in the
// window.
func (b *balance) window(entries int) int { return max(1, int(b.share*float64(entries))) }

// evicted remembers an entry. It may take the place of another ghost, so that a
// ghost lasts about as long as it takes to evict as many entries as there are
// places.
func (b *balance) evicted(queue int, hash uint32) {
	ghosts := b.fromMain
	if queue == window {
		ghosts = b.fromWindow
	}
	if len(ghosts) > 0 {
		ghosts[ghostAt(hash, len(ghosts))] = hash | 1
	}
}

// returns takes in that a missing entry is set, and reports whether it comes
// back from the window.
func (b *balance) returns(hash uint32) bool {
	n := len(b.fromWindow)
	if n == 0 {
		return false
	}
	at := ghostAt(hash, n)
	if b.fromMain[at] == hash|1 {
		b.fromMain[at] = 0
		b.move(-pace / float64(n))
	}
	if b.fromWindow[at] != hash|1 {
		return false
	}
	b.fromWindow[at] = 0
	b.move(pace / float64(n))
	return true
}

// hitOnce takes in that the hand met an entry with one hit, which counts half:
// it is not known whether a smaller main queue would have missed that hit.
func (b *balance) hitOnce(entries int) {
	if len(b.fromWindow) > 0 {
		b.move(-pace / 2 / float64(entries))
	}
}

func (b *balance) move(by float64) { b.share = min(max(b.share+by, leastShare), mostShare) }

// ghostAt spreads hashes anew, because those of a shard's groups are ordered.
// A ghost is a hash with its lowest bit set, so that none is 0.
func ghostAt(hash uint32, places int) int {
	return int(uint64((hash|1)*0x9e3779b1) * uint64(places) >> 32)
}
