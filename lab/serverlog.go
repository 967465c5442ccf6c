//go:build linux || darwin || freebsd

package lab

import (
	"io"
	"strings"
)

const logLimit = 64 << 10 // bytes of the log's end that are handed out

// log returns the end of the server's log.
func (c *cluster) log() string {
	info, err := c.logFile.Stat()
	if err != nil {
		return ""
	}
	from := max(0, info.Size()-logLimit)
	b, err := io.ReadAll(io.NewSectionReader(c.logFile, from, logLimit))
	if err != nil {
		return ""
	}
	return string(b)
}

// logEnd is the last lines of the log for an error message, on one line.
func (c *cluster) logEnd() string {
	lines := strings.Split(strings.TrimSpace(c.log()), "\n")
	lines = lines[max(0, len(lines)-5):]
	return " (log: " + strings.Join(lines, " | ") + ")"
}
