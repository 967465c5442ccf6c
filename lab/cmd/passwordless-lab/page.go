package main

import (
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/host"
)

// shown is how many of the newest requests and logins the page has.
const shown = 50

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"clock":  func(t time.Time) string { return t.Format(time.TimeOnly) },
	"reason": func(err error) string { return strings.TrimPrefix(err.Error(), "azuretest: ") },
	"good":   func(r azuretest.Request) bool { return r.Name != "" },
}).Parse(pageText))

// page shows on loopback what a lab sees, and has switches that break it, until it is closed. It works without JavaScript.
type page struct {
	host   *host.Host
	server http.Server
	addr   string
	token  string // of every form, which no other site can read
}

// startPage serves on a free port of 127.0.0.1.
func startPage(h *host.Host) (*page, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("control page: %w", err)
	}
	p := &page{host: h, addr: listener.Addr().String(), token: rand.Text()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.show)
	mux.HandleFunc("POST /switch", p.turn)
	p.server = http.Server{Handler: p.guard(mux), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }() // always ends with ErrServerClosed
	return p, nil
}

// url is where the page is.
func (p *page) url() string { return "http://" + p.addr + "/" }

// close ends it, with requests in work.
func (p *page) close() error { return p.server.Close() }

// guard refuses requests under another name, by which a foreign site would reach the page (DNS rebinding), and keeps
// the page out of frames, caches and reach of scripts.
func (p *page) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, port, _ := net.SplitHostPort(p.addr)
		if r.Host != p.addr && r.Host != "localhost:"+port {
			http.Error(w, "this page is only for "+p.addr, http.StatusForbidden)
			return
		}
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// view is what the page shows.
type view struct {
	Token      string
	Paused     bool // it does not load itself again
	Switches   []host.Switch
	Identities []host.Identity
	Databases  []*host.Database
	Requests   []azuretest.Request
	Logins     []login
}

type login struct {
	engine.Login
	Engine string
}

func (p *page) show(w http.ResponseWriter, r *http.Request) {
	v := view{
		Token: p.token, Paused: r.URL.Query().Has("paused"),
		Switches: p.host.Switches(), Identities: p.host.Identities, Databases: p.host.Databases,
		Requests: slices.DeleteFunc(p.host.Cloud.Requests(), func(r azuretest.Request) bool { return !r.Token }),
	}
	for _, d := range p.host.Databases {
		for _, l := range d.Logins() {
			v.Logins = append(v.Logins, login{l, d.Engine})
		}
	}
	slices.SortStableFunc(v.Logins, func(a, b login) int { return a.Time.Compare(b.Time) })
	v.Requests, v.Logins = newest(v.Requests), newest(v.Logins)
	var html strings.Builder
	if err := pageTemplate.Execute(&html, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(html.String())) // a client that has left is no error
}

// newest returns the last elements, the last one first.
func newest[T any](all []T) []T {
	slices.Reverse(all)
	return all[:min(len(all), shown)]
}

// turn turns a switch. The token proves that the form is the page's own.
func (p *page) turn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if subtle.ConstantTimeCompare([]byte(r.PostFormValue("token")), []byte(p.token)) != 1 {
		http.Error(w, "the form is not this page's: load the page again", http.StatusForbidden)
		return
	}
	if err := p.host.Turn(r.PostFormValue("switch"), r.PostFormValue("on") == "true"); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
