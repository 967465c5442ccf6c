//go:build linux || darwin || freebsd

package lab

import (
	"io"
	"strings"
)

const logLimit = 64 << 10 // bytes of the log's end that are handed out

// log returns the end of the server's log.
func (d *daemon) log() string {
	info, err := d.logFile.Stat()
	if err != nil {
		return ""
	}
	from := max(0, info.Size()-logLimit)
	b, err := io.ReadAll(io.NewSectionReader(d.logFile, from, logLimit))
	if err != nil {
		return ""
	}
	return string(b)
}

// logEnd is the last lines of the log for an error message, on one line.
func (d *daemon) logEnd() string {
	lines := strings.Split(strings.TrimSpace(d.log()), "\n")
	lines = lines[max(0, len(lines)-5):]
	return " (log: " + strings.Join(lines, " | ") + ")"
}
