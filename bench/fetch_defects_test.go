package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

// A defect is something that goes wrong with a peer, and how it goes with
// fetch: the same trial for both, or as nearly so as the two APIs permit.
type defect struct {
	peer   string // module path; "std" is the standard library
	name   string // what goes wrong
	theirs trial
	ours   trial
}

// A trial tries it out.
type trial func(*testing.T) verdict

// A verdict is what was seen, and whether that is as it should be.
type verdict struct {
	right bool
	did   string
}

func judge(right bool, format string, args ...any) verdict {
	return verdict{right, fmt.Sprintf(format, args...)}
}

// TestDefects shows the defects that were found in the peers, one row each: what
// goes wrong, what the peer did just now, and what fetch did. It fails if fetch
// has one of them. A peer that has not, in a later version, is "fixed".
//
// All is over the loopback interface, with times scaled down. Each peer is
// configured as its documentation says, with retries and limits where they are
// off by default.
//
// Left out are defects that fetch could not have, or nobody can show here:
//
//   - of bartventer/httpcache and gregjones/httpcache, since fetch has no cache.
//     That one user's answer is never given to another is a promise of
//     fetch.Coalesce, for which it has tests of its own;
//   - of kamilsk/retry, streadway/handy, grab and gopeed, which are no longer to
//     be had or are programs. That a body is not lost by a retry, and that a
//     download is not spoilt by a resume, is shown against other peers or in
//     fetch's own tests;
//   - what is a matter of design: fasthttp has neither contexts nor HTTP/2, and
//     uses the memory of an answer again; req is a copy of net/http that has to
//     follow its security fixes; retryablehttp tells errors apart by their texts;
//   - that requests.ToFile does not look at the error of Close, which no file
//     system here can be made to return.
func TestDefects(t *testing.T) {
	families := [][]defect{netHTTPDefects, retryablehttpDefects, failsafeDefects, restyDefects, reqDefects, requestsDefects, heimdallDefects, hedgedhttpDefects, guardDefects}
	versions := peerVersions(t)
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "peer\twhat goes wrong\twhat the peer did\tpeer\twhat fetch did\tfetch")
	count, fixed := 0, 0
	for _, family := range families {
		for _, d := range family {
			module := strings.TrimPrefix(d.peer, "github.com/")
			t.Run(module+"/"+d.name, func(t *testing.T) {
				theirs, ours := d.theirs(t), d.ours(t)
				if !ours.right {
					t.Errorf("fetch has the defect: %s", ours.did)
				}
				count++
				if theirs.right {
					fixed++
				}
				fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\t%s\t%s\n", module, versions[d.peer], d.name,
					theirs.did, map[bool]string{true: "fixed", false: "fails"}[theirs.right],
					ours.did, map[bool]string{true: "ok", false: "FAILS"}[ours.right])
			})
		}
	}
	w.Flush()
	t.Logf("\n%s%d defects; the peers have %d of them and %d are fixed", &table, count, count-fixed, fixed)
}

// peerVersions returns the versions that go.mod asks for.
func peerVersions(t *testing.T) map[string]string {
	file, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	versions := map[string]string{"std": runtime.Version()}
	for line := range strings.Lines(string(file)) {
		if fields := strings.Fields(line); len(fields) >= 2 {
			versions[fields[0]] = fields[1]
		}
	}
	return versions
}

// A doer sends requests.
type doer func(*http.Request) (*http.Response, error)

// An opener makes a client on top of a transport.
type opener func(t *testing.T, rt http.RoundTripper) doer

// fast are Options that wait briefly between attempts.
func fast(attempts int) fetch.Options {
	return fetch.Options{Retry: fetch.RetryPolicy{Attempts: attempts, BaseDelay: time.Millisecond, MaxDelay: 5 * time.Millisecond}}
}

// plinth opens a Client with Options.
func plinth(o fetch.Options) opener {
	return func(t *testing.T, rt http.RoundTripper) doer { return newPlinth(t, o, rt).Do }
}

func newPlinth(t *testing.T, o fetch.Options, rt http.RoundTripper) *fetch.Client {
	o.Transport = rt
	c, err := fetch.New(o)
	require.NoError(t, err)
	return c
}

// serve starts an origin for one trial.
func serve(t *testing.T, answer func(*http.Request) fetchtest.Answer) (*fetchtest.Origin, *http.Transport) {
	o := fetchtest.NewOrigin(answer)
	transport := o.Transport()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		o.Close()
	})
	return o, transport
}

// always answers every request alike.
func always(a fetchtest.Answer) func(*http.Request) fetchtest.Answer {
	return func(*http.Request) fetchtest.Answer { return a }
}

func newRequest(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	return req
}

// within gives req a deadline.
func within(t *testing.T, req *http.Request, d time.Duration) *http.Request {
	ctx, cancel := context.WithTimeout(req.Context(), d)
	t.Cleanup(cancel)
	return req.WithContext(ctx)
}

// finish reads a response to its end and says how it went.
func finish(resp *http.Response, err error) (status int, body string, _ error) {
	if resp == nil || err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

// ended words how it went.
func ended(status int, err error) string {
	if err != nil {
		return "error: " + short(err)
	}
	return fmt.Sprintf("status %d", status)
}

// localURL is what differs in an error from run to run.
var localURL = regexp.MustCompile(`(https?://)?(127\.0\.0\.\d|\[::1\]):\d+/?`)

// short returns the text of an error as it fits into the table.
func short(err error) string {
	text := localURL.ReplaceAllString(strings.Join(strings.Fields(err.Error()), " "), "URL")
	if len(text) > 90 {
		text = text[:87] + "..."
	}
	return text
}

// times counts things.
func times(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// deadURL returns the URL of a port at which nobody listens.
func deadURL(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return "http://" + listener.Addr().String() + "/"
}

// ms rounds a time that was measured.
func ms(since time.Time) string {
	return fmt.Sprintf("%d ms", time.Since(since).Round(10*time.Millisecond).Milliseconds())
}

// quietly keeps what a trial logs out of the output, and returns it.
func quietly(t *testing.T, f func()) string {
	file, err := os.CreateTemp(t.TempDir(), "stderr")
	require.NoError(t, err)
	defer file.Close()
	stderr := os.Stderr
	os.Stderr = file
	defer func() { os.Stderr = stderr }()
	f()
	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(text)
}
