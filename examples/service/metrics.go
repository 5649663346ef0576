package main

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/goplinth/plinth/cache"
)

// metrics are what Prometheus gets. They hold no data of users, but a proxy should keep
// /metrics from the public all the same.
type metrics struct {
	registry *prometheus.Registry
	handler  http.Handler
	routes   map[routeLabels]*routeMetrics // complete before the first request
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), routes: make(map[routeLabels]*routeMetrics)}
	m.registry.MustRegister(answers{m}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return m
}

// watch adds what is asked of the parts when the figures are read.
func (m *metrics) watch(s *service) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	count := func(name, help string, stats func() uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(stats()) }))
	}
	for name, stats := range map[string]func() cache.Stats{"users": s.users.Stats, "sessions": s.sessions.Stats} {
		count("cache_"+name+"_hits_total", "Look-ups that the cache of "+name+" answered.", func() uint64 { return stats().Hits })
		count("cache_"+name+"_misses_total", "Look-ups that it did not.", func() uint64 { return stats().Misses })
	}
	gauge("sockets", "WebSockets that are open.", func() float64 { return float64(s.sockets.open.Load()) })
	gauge("passwords_waiting", "Passwords that wait to be hashed, or are.", func() float64 { return float64(s.passwords.waiting.Load()) })
	gauge("database_connections", "Connections of the database that are in use.", func() float64 { return float64(s.store.read.Stats().InUse) })
	m.registry.MustRegister(jobCounts{s.store})
}

// jobCounts reads both counts of the outbox with one query.
type jobCounts struct{ store *store }

var (
	jobsPending = prometheus.NewDesc("jobs_pending", "Jobs that are not done.", nil, nil)
	jobsDead    = prometheus.NewDesc("jobs_dead", "Jobs that have failed for good.", nil, nil)
)

func (jobCounts) Describe(ch chan<- *prometheus.Desc) { ch <- jobsPending; ch <- jobsDead }

func (c jobCounts) Collect(ch chan<- prometheus.Metric) {
	pending, dead, err := c.store.countJobs(context.Background())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(jobsPending, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(jobsPending, prometheus.GaugeValue, float64(pending))
	ch <- prometheus.MustNewConstMetric(jobsDead, prometheus.GaugeValue, float64(dead))
}

// routeMetrics are the figures of one route. All processors count here, for every
// request, and each addition may have to fetch the memory from another one. So there is
// one table, of which both metrics are sums, and two additions: a CounterVec and a
// HistogramVec together make five.
type routeMetrics struct {
	answers     [numClasses][len(buckets) + 1]atomic.Uint64 // by the class of the status, and the bucket of the time
	nanoseconds atomic.Int64                                // that all of them took
}

type routeLabels struct{ method, path string }

// buckets are upper bounds of times.
var buckets = [...]time.Duration{100 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond, time.Second, 5 * time.Second}

const numClasses = 5 // 1xx to 5xx

// ofRoute returns the figures of a route, to be looked up once and not for every request.
func (m *metrics) ofRoute(rt *route) *routeMetrics {
	labels := routeLabels{cmp.Or(rt.method, "other"), rt.path}
	if m.routes[labels] == nil {
		m.routes[labels] = new(routeMetrics)
	}
	return m.routes[labels]
}

func (rm *routeMetrics) observe(status int, d time.Duration) {
	class := min(max(status/100, 1), numClasses) - 1
	bucket := 0
	for bucket < len(buckets) && d > buckets[bucket] {
		bucket++
	}
	rm.answers[class][bucket].Add(1)
	rm.nanoseconds.Add(int64(d))
}

// answers sums the figures of the routes up.
type answers struct{ *metrics }

var (
	requestsTotal = prometheus.NewDesc("http_requests_total", "Requests that were answered, by the class of the status.",
		[]string{"method", "route", "code"}, nil)
	requestSeconds = prometheus.NewDesc("http_request_duration_seconds", "Time from the head of a request to the end of its handler.",
		[]string{"method", "route"}, nil)
)

func (answers) Describe(ch chan<- *prometheus.Desc) { ch <- requestsTotal; ch <- requestSeconds }

func (a answers) Collect(ch chan<- prometheus.Metric) {
	for labels, rm := range a.routes {
		var count uint64
		var byClass [numClasses]uint64
		upTo := make(map[float64]uint64) // a histogram of Prometheus is cumulative
		for bucket := range len(buckets) + 1 {
			for class := range numClasses {
				n := rm.answers[class][bucket].Load()
				byClass[class] += n
				count += n
			}
			if bucket < len(buckets) {
				upTo[buckets[bucket].Seconds()] = count
			}
		}
		for class, n := range byClass {
			ch <- prometheus.MustNewConstMetric(requestsTotal, prometheus.CounterValue, float64(n), labels.method, labels.path, strconv.Itoa(class+1)+"xx")
		}
		ch <- prometheus.MustNewConstHistogram(requestSeconds, count, time.Duration(rm.nanoseconds.Load()).Seconds(), upTo, labels.method, labels.path)
	}
}

func (s *service) serveMetrics(c *call) error {
	c.status = http.StatusOK
	s.metrics.handler.ServeHTTP(c.w, c.r)
	return nil
}
