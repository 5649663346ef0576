package config_test

import (
	"testing"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

func TestCheckReportsEveryMistake(t *testing.T) {
	c := config.For("cache")
	c.Require(false, "Options.MaxEntries", -1, "must be 1 or more")
	c.Require(true, "Options.Shards", 4, "must be 0 or more")
	c.Require(false, "Options.TTL", -time.Second, "must be 0 (off) or more")
	want := "cache: Options.MaxEntries is -1 (int): must be 1 or more\n" +
		"cache: Options.TTL is -1s (time.Duration): must be 0 (off) or more"
	if err := c.Err(); err == nil || err.Error() != want {
		t.Errorf("Err() = %v; want %v", err, want)
	}
}

func TestCheckWithoutMistakes(t *testing.T) {
	c := config.For("cache")
	c.Require(true, "Options.MaxEntries", 1, "must be 1 or more")
	if err := c.Err(); err != nil {
		t.Errorf("Err() = %v; want nil", err)
	}
}
