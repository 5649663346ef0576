package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/goplinth/plinth/fetch/fetchtest"
)

// records is how many records the origin has.
const records = 3000

// startOrigin starts a server on loopback that has the faults of a real one,
// always for the same records.
func startOrigin() *fetchtest.Origin {
	return fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		var id int
		if _, err := fmt.Sscanf(r.URL.Path, "/records/%d", &id); err != nil || id < 1 || id > records || id%211 == 0 {
			return fetchtest.Answer{Status: http.StatusNotFound}
		}
		email, quantity := fmt.Sprintf("user%d@example.com", id), 2
		if id%101 == 0 {
			email, quantity = "nobody", 0
		}
		a := fetchtest.Answer{Body: fmt.Sprintf(
			`{"id":%d,"email":%q,"plan":"pro","items":[{"sku":"A%d","quantity":1},{"sku":"B%d","quantity":%d}],"cents":%d}`,
			id, email, id, id, quantity, 100*id+99)}
		if id%16 == 0 {
			a.Failures, a.FailStatus = 1, http.StatusInternalServerError
		}
		if id%97 == 0 {
			a.Delay = 50 * time.Millisecond
		}
		return a
	})
}

// originURLs returns the URL of every record, of every third one twice.
func originURLs(origin *fetchtest.Origin) []string {
	var urls []string
	for id := 1; id <= records; id++ {
		url := fmt.Sprintf("%s/records/%d", origin.URL, id)
		urls = append(urls, url)
		if id%3 == 0 {
			urls = append(urls, url)
		}
	}
	return urls
}
