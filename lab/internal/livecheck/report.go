package livecheck

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/redact"
)

// Report is what was seen of a target, without names, IDs and tokens.
type Report struct {
	Engine  string
	Lines   []string // what was checked
	Results []Result // with errors whose text is masked
}

// Failed reports whether a check has failed.
func (r *Report) Failed() bool { return slices.ContainsFunc(r.Results, failed) }

func newReport(r *run, results []Result) *Report {
	server, _, _ := strings.Cut(r.server, "\n")
	mask := newMask(r.status)
	report := &Report{Engine: r.name, Results: results, Lines: []string{
		"settings: " + r.Source,
		"server: " + cmp.Or(mask.text(strings.TrimSpace(server)), "not reached") + mask.hosts(r.status),
		fmt.Sprintf("identity: %s, by the rule %q; in Azure: %t; cloud: %s", r.status.Kind, r.status.Rule, r.status.InAzure, r.status.Cloud),
		fmt.Sprintf("tokens are said to live for %v", r.life),
	}}
	for i, result := range results {
		if result.Err != nil {
			report.Results[i].Err = errors.New(mask.error(result.Err))
		}
	}
	return report
}

// WriteHead writes what all targets of a report have in common, in Markdown. versions are those of modules, a line each.
func WriteHead(w io.Writer, versions []string, now time.Time) error {
	lines := append([]string{now.UTC().Format(time.RFC3339), fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)}, versions...)
	_, err := fmt.Fprintf(w, "# Live check of passwordless\n\n- %s\n", strings.Join(lines, "\n- "))
	return err
}

// Write writes the report in Markdown.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n", r.Engine)
	for _, line := range r.Lines {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	b.WriteString("\n| check | through | result | time |\n|---|---|---|---|\n")
	for _, result := range r.Results {
		seen := "ok: " + result.Seen
		if result.Err != nil {
			seen = "**failed**: " + strings.ReplaceAll(result.Err.Error(), "|", `\|`)
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %v |\n", result.Check, result.Door, seen, result.Took.Round(time.Millisecond))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mask takes names out of texts.
type mask []replacement

type replacement struct {
	pattern *regexp.Regexp
	by      string
}

// personal is what may name someone or something, wherever it comes from.
var personal = mask{
	{regexp.MustCompile(`(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "<id>"},
	{regexp.MustCompile(`[^\s"'<>:=]+@[^\s"'<>:=]+`), "<user>"},
	{regexp.MustCompile(`(\d{1,3}\.){3}\d{1,3}`), "<address>"},
	{regexp.MustCompile(`(?i)/subscriptions/\S+`), "<resource>"},
	{regexp.MustCompile(`\[[0-9a-fA-F:.]+\]`), "<address>"},
}

// newMask knows the names of a connection.
func newMask(s passwordless.Status) (m mask) {
	word := func(name, by string) {
		if name != "" {
			m = append(m, replacement{regexp.MustCompile(`(?i)` + regexp.QuoteMeta(name)), by})
		}
	}
	for _, host := range s.Hosts {
		word(host.Name, maskHost(host.Name))
		if _, azure := cloud.SuffixOf(host.Name); azure {
			server, _, _ := strings.Cut(host.Name, ".")
			word(server, "<server>") // as servers call themselves
		}
	}
	word(s.User, "<user>")
	if len(s.Database) > 2 { // or else it is in every other word
		word(s.Database, "<database>")
	}
	return append(m, personal...)
}

func (m mask) text(text string) string {
	text = redact.Scrub(redact.OneLine(text))
	for _, r := range m {
		text = r.pattern.ReplaceAllLiteralString(text, r.by)
	}
	return text
}

// error is the text of an error, without what the token claims.
func (m mask) error(err error) string {
	if login, ok := errors.AsType[*passwordless.LoginError](err); ok {
		short := *login
		short.Claims = ""
		return m.text(short.Error())
	}
	return m.text(err.Error())
}

// hosts says where a connection goes.
func (m mask) hosts(s passwordless.Status) (text string) {
	for i, host := range s.Hosts {
		text += []string{" at ", ", then "}[min(i, 1)] + maskHost(host.Name)
	}
	return text
}

// maskHost leaves only the suffix of a name in Azure.
func maskHost(host string) string {
	if _, azure := cloud.SuffixOf(host); !azure {
		if net.ParseIP(host) != nil {
			return "<address>"
		}
		return "<host>"
	}
	for {
		_, rest, _ := strings.Cut(host, ".")
		if _, more := cloud.SuffixOf(rest); !more {
			return "<server>." + rest
		}
		host = rest
	}
}
