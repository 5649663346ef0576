package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/goplinth/plinth/fetch/fetchtest"
)

// pages is how many good pages the origin of the demo has.
const pages = 50

// startOrigin starts a server on loopback that has the faults of a real one.
func startOrigin() *fetchtest.Origin {
	return fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		page := fetchtest.Content(strings.Repeat("A page of the demo.\n", 1000), `"v1"`)
		var number int
		fmt.Sscanf(r.URL.Path, "/page/%d", &number)
		switch {
		case number%10 == 3:
			page.Delay = 30 * time.Millisecond
		case number == 14: // cut off once, and then whole
			page.Failures, page.Fail = 1, &fetchtest.Answer{Body: "A page", Length: 1000}
		case number == 25: // down once
			page.Failures = 1
		case r.URL.Path == "/busy": // asks to come back in a second
			busy := fetchtest.Busy(http.StatusTooManyRequests, time.Second)
			page.Failures, page.Fail = 1, &busy
		case r.URL.Path == "/moved":
			return fetchtest.Redirect("/page/1")
		case r.URL.Path == "/loop":
			return fetchtest.Redirect("/loop")
		case r.URL.Path == "/bomb":
			return fetchtest.Bomb(1 << 30)
		case r.URL.Path == "/gone":
			return fetchtest.Answer{Status: http.StatusNotFound}
		}
		return page
	})
}

func originURLs(origin *fetchtest.Origin) []string {
	var urls []string
	for number := range pages {
		urls = append(urls, fmt.Sprintf("%s/page/%d", origin.URL, number))
	}
	for _, path := range []string{"/busy", "/moved", "/loop", "/bomb", "/gone"} {
		urls = append(urls, origin.URL+path)
	}
	return urls
}
