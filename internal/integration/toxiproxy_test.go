package integration

import (
	"bytes"
	"encoding/json"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// A toxic is a fault of a connection, in the terms of toxiproxy.
type toxic struct {
	Name       string         `json:"name,omitempty"`
	Type       string         `json:"type"`
	Stream     string         `json:"stream,omitempty"`   // empty means downstream
	Toxicity   float32        `json:"toxicity,omitempty"` // part of the connections; 0 means 1
	Attributes map[string]int `json:"attributes"`
}

type attributes = map[string]int

// startToxiproxy returns the address of a proxy that leads to upstream by
// connections with the toxics. They stay as they are while there are
// connections: toxiproxy can block for ever when it changes those of one that
// nobody reads from.
func startToxiproxy(t *testing.T, upstream string, toxics ...toxic) string {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", upstream)
	for _, tox := range toxics {
		data, err := json.Marshal(tox)
		require.NoError(t, err)
		_, err = proxy.Toxics.AddToxicJson(bytes.NewReader(data))
		require.NoError(t, err, "%s", data)
	}
	require.NoError(t, proxy.Start())
	t.Cleanup(proxy.Stop)
	return proxy.Listen
}
