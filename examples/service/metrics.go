package main

import (
	"context"
	"net/http"
	"strconv"
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
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	handler  http.Handler
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests that were answered, by the class of the status.",
		}, []string{"method", "route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time from the head of a request to the end of its handler.",
			Buckets: []float64{.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5},
		}, []string{"method", "route"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
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

// routeMetrics are the figures of one route, looked up once and not for every request.
type routeMetrics struct {
	byClass [6]prometheus.Counter
	seconds prometheus.Observer
}

func (m *metrics) ofRoute(rt *route) *routeMetrics {
	method := rt.method
	if method == "" {
		method = "other"
	}
	rm := &routeMetrics{seconds: m.seconds.WithLabelValues(method, rt.path)}
	for class := range rm.byClass {
		if class > 0 {
			rm.byClass[class] = m.requests.WithLabelValues(method, rt.path, strconv.Itoa(class)+"xx")
		}
	}
	return rm
}

func (rm *routeMetrics) observe(status int, d time.Duration) {
	rm.byClass[min(max(status/100, 1), 5)].Inc()
	rm.seconds.Observe(d.Seconds())
}

func (s *service) serveMetrics(c *call) error {
	c.status = http.StatusOK
	s.metrics.handler.ServeHTTP(c.w, c.r)
	return nil
}
