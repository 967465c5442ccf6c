package drivertest_test

import (
	"io"
	"net"
	"strings"
	"time"
)

// cuts are the deeds that send the beginning of a message: up to each byte, and framed as if it ended there.
func (d dialogue) cuts() (all []deed) {
	d.each(func(at int, s step, body string) {
		whole := s.frame(body)
		for i := range len(whole) {
			all = append(all, deed{at: at, say: whole[:i]})
		}
		for i := range len(body) {
			all = append(all, deed{at: at, say: s.frame(body[:i])})
		}
	})
	return all
}

// lengths are the deeds that put the largest number of each size at each place, and go on with zeros, or as they were.
func (d dialogue) lengths() (all []deed) {
	d.each(func(at int, s step, body string) {
		whole := s.frame(body)
		for _, largest := range []string{"\xff\xff", "\xff\xff\xff\xff", "\x3f\xff\xff\x00"} {
			for i := range len(whole) - len(largest) + 1 {
				all = append(all, deed{at: at, say: whole[:i] + largest + whole[i+len(largest):], repeat: "\x00"})
			}
		}
	})
	return all
}

// endless are the deeds that never end.
func (d dialogue) endless() (all []deed) {
	d.each(func(at int, s step, body string) {
		whole := s.frame(body)
		if unfinished, ok := strings.CutPrefix(whole, "\x04\x01"); ok { // a packet of TDS that is not the last
			all = append(all, deed{at: at, repeat: "\x04\x00" + unfinished})
		}
		all = append(all, deed{at: at, repeat: whole}, deed{at: at, repeat: "\x00", deaf: true}, deed{at: at, repeat: whole[:len(whole)-len(body)] + strings.Repeat("x", len(body))},
			deed{at: at, say: whole[:len(whole)-len(body)/2], repeat: "\xff"})
	})
	return all
}

// silences are the deeds after which nothing comes.
func (d dialogue) silences() (all []deed) {
	d.each(func(at int, s step, body string) {
		whole := s.frame(body)
		all = append(all, deed{at: at, say: whole[:len(whole)/2], silent: true}, deed{at: at, silent: true})
	})
	return all
}

// slow are the deeds that send a message byte by byte, and never come to its end in time.
func (d dialogue) slow() (all []deed) {
	d.each(func(at int, s step, body string) {
		whole := s.frame(body)
		all = append(all, deed{at: at, about: "slowly ", say: whole, act: func(conn net.Conn) error {
			tick := time.NewTicker(hostilePatience / 8)
			defer tick.Stop()
			for i := 0; ; i++ {
				if _, err := io.WriteString(conn, whole[i%len(whole):][:1]); err != nil {
					return err
				}
				<-tick.C
			}
		}})
	})
	return all
}

func (d dialogue) each(f func(at int, s step, body string)) {
	for i, s := range d.steps {
		if s.secure != nil {
			continue
		}
		for _, body := range append([]string{s.body}, s.others...) {
			f(i, s, body)
		}
	}
}

// someOf returns n of them, from all parts, or all of fewer.
func someOf(deeds []deed, n int) (some []deed) {
	if len(deeds) <= n {
		return deeds
	}
	for i := range n {
		some = append(some, deeds[i*len(deeds)/n])
	}
	return some
}
