package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// Screen says how labelled lines are shown. The zero value is for files and pipes: one line for each, without colours.
type Screen struct {
	Width int // in columns; 0 is without limit
	Color bool
}

// Color is an ANSI colour.
type Color int

// The colours of values.
const (
	Plain  Color = 0
	Red    Color = 31
	Green  Color = 32
	Yellow Color = 33
)

const (
	labelWidth = 15
	narrowest  = 40 // below that, wrapping does not help
)

// IsTerminal reports whether w, or what a [Writer] writes to, is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := fileOf(w)
	return ok && term.IsTerminal(int(f.Fd()))
}

func fileOf(w io.Writer) (*os.File, bool) {
	f, ok := Unwrap(w).(*os.File)
	return f, ok
}

// ScreenOf returns the screen of a terminal: colours are left out where NO_COLOR is set or TERM is dumb.
func ScreenOf(w io.Writer, environ []string) (s Screen) {
	f, ok := fileOf(w)
	if !ok || !IsTerminal(w) {
		return s
	}
	s.Width, _, _ = term.GetSize(int(f.Fd())) // 0 if it is not known
	s.Color = colors(environ)
	return s
}

// colors tells whether the variables of a terminal let it be coloured. The console of Windows may not know ANSI's.
func colors(environ []string) bool {
	set := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		set[name] = value
	}
	known := runtime.GOOS != "windows" || set["TERM"] != "" || set["WT_SESSION"] != ""
	return known && set["NO_COLOR"] == "" && set["TERM"] != "dumb"
}

// Line appends a label and its value, which is wrapped under itself. Control characters are replaced: the value may
// come from anywhere.
func (s Screen) Line(b *bytes.Buffer, label, value string, color Color) {
	lines := s.wrap(strings.Map(printable, value))
	for i, line := range lines {
		if s.Color && color != Plain {
			line = fmt.Sprintf("\x1b[%dm%s\x1b[0m", color, line)
		}
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(b, "%-*s %s\n", labelWidth, label, line)
	}
}

// wrap cuts text at blanks so that it fits beside the label. A longer word has a line of its own, so that it can be
// copied.
func (s Screen) wrap(text string) []string {
	width := s.Width - labelWidth - 1
	if s.Width < narrowest {
		return []string{text}
	}
	var lines []string
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = word
			continue
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// printable keeps a value from ending its line.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return '?'
	}
	return r
}
