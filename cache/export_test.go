package cache

// Loading returns the number of keys that are being loaded.
func (c *Cache[K, V]) Loading() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.loads)
}
