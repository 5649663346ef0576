package bench

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkPoolMemory floods a pool of 10,000 workers with a million tasks and
// reports
//
//   - peak-MB: the greatest resident memory of the process meanwhile;
//   - held-MB: what is resident when the last task has ended and the pool,
//     which is not closed, is idle. The heap has been collected and what is
//     free of it given back, so this is what the pool and its goroutines hold.
//     Some pools let idle workers go later, after a second or more.
//
// Both are without what was resident before the pool was made. An operation is
// a flood in a process of its own, because the runtime never gives back all
// that a flood has used.
//
// With -benchtime=1x, as in a smoke run, a flood is a hundredth as large and the
// metrics, which would be wrong, are left out.
func BenchmarkPoolMemory(b *testing.B) {
	if err := forgetPeak(); err != nil {
		b.Skip("needs the /proc of Linux: ", err)
	}
	tasks := floodSize
	smoke := flag.Lookup("test.benchtime").Value.String() == "1x"
	if smoke {
		tasks /= 100
	}
	for _, load := range []string{"trivial", "sleep10ms"} {
		for _, flood := range poolFloods(1) {
			b.Run("load="+load+"/impl="+flood.name, func(b *testing.B) {
				var peak, held float64
				for b.Loop() {
					p, h := floodInChild(b, load, flood.name, tasks)
					peak += p
					held += h
				}
				if smoke {
					return
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(peak/float64(b.N)/1e6, "peak-MB")
				b.ReportMetric(held/float64(b.N)/1e6, "held-MB")
			})
		}
	}
}

// childFlood is the environment variable that tells a child what to do: the
// load, the impl and the number of tasks, in the form of childFormat. The child
// prints its peak and held memory in bytes, in the form of childReport.
const (
	childFlood  = "BENCH_POOL_MEMORY"
	childFormat = "%s %s %d"
	childReport = "peak=%f held=%f\n"
)

func floodInChild(b *testing.B, load, impl string, tasks int) (peak, held float64) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestPoolMemoryChild$")
	cmd.Env = append(os.Environ(), fmt.Sprintf(childFlood+"="+childFormat, load, impl, tasks))
	out, err := cmd.CombinedOutput()
	if err == nil {
		_, err = fmt.Sscanf(string(out), childReport, &peak, &held)
	}
	if err != nil {
		b.Fatalf("child process: %v\n%s", err, out)
	}
	return peak, held
}

// TestPoolMemoryChild is what BenchmarkPoolMemory runs in a process of its own.
func TestPoolMemoryChild(t *testing.T) {
	env := os.Getenv(childFlood)
	if env == "" {
		t.Skip("is run by BenchmarkPoolMemory")
	}
	var loadName, impl string
	var tasks int
	if _, err := fmt.Sscanf(env, childFormat, &loadName, &impl, &tasks); err != nil {
		t.Fatal(err)
	}
	for _, load := range poolLoads {
		for _, flood := range poolFloods(1) {
			if load.name == loadName && flood.name == impl {
				peak, held := measureMemory(t, flood, tasks, load.task)
				fmt.Printf(childReport, peak, held)
			}
		}
	}
}

func measureMemory(t *testing.T, flood poolFlood, tasks int, task func(int)) (peak, held float64) {
	before := settledMemory(t)
	if err := forgetPeak(); err != nil {
		t.Fatal(err)
	}
	var ended atomic.Int64
	config := floodConfig{poolConfig: poolConfig{workers: 10_000}, tasks: tasks, producers: 1}
	config.submitted = func() {
		for ended.Load() < int64(tasks) {
			time.Sleep(time.Millisecond)
		}
		peak = readMemory(t, "VmHWM") - before
		held = settledMemory(t) - before
	}
	flood.run(t, config, func(v int) {
		task(v)
		ended.Add(1)
	})
	return peak, held
}

// settledMemory returns what is resident when goroutines that have nothing more
// to do have had the time to end, and free memory has been given back. The
// second collection frees what the first found in a sync.Pool, and the stacks
// of goroutines that ended meanwhile.
func settledMemory(t *testing.T) float64 {
	time.Sleep(50 * time.Millisecond)
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	return readMemory(t, "VmRSS")
}

// readMemory returns a field of /proc/self/status in bytes: VmRSS for what is
// resident, VmHWM for its peak.
func readMemory(t *testing.T, field string) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(status), "\n"+field+":")
	line, _, _ = strings.Cut(line, " kB\n")
	kilobytes, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes * 1024
}

// forgetPeak makes VmHWM start anew, so that the peak is not that of starting
// the process. The peak that getrusage tells could not be used at all: in a
// child it begins with the memory of its parent, which is as large as the
// benchmarks before have left it.
func forgetPeak() error { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }
