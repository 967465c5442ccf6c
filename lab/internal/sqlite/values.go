package sqlite

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Class is the kind of value that a column's type asks for. SQLite's columns hold any.
type Class uint8

// The classes. A value of Other stays as it is.
const (
	Other Class = iota
	Text
	Bool
	Integer
	Real
	Blob
	Time
)

// timeLayouts are the ways in which clients and SQLite write a time into a text column.
var timeLayouts = []string{
	"2006-01-02 15:04:05.999999999Z07:00:00", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07",
	"2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04:05.999999999", time.RFC3339Nano, time.DateOnly, "15:04:05.999999999",
	"2006-01-02 15:04:05.999999999 Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04", "20060102",
}

// Convert makes a value of SQLite fit a class. What does not fit is an error, as SQLite's columns hold
// any type.
func Convert(v any, c Class) (any, error) {
	s, isText := v.(string)
	switch {
	case v == nil:
		return nil, nil
	case c == Text:
		return fmt.Sprint(v), nil
	case c == Bool && isText:
		return strconv.ParseBool(s)
	case c == Bool:
		return fmt.Sprint(v) != "0" && fmt.Sprint(v) != "false", nil
	case c == Integer && isText:
		return strconv.ParseInt(s, 10, 64)
	case c == Real:
		return strconv.ParseFloat(fmt.Sprint(v), 64)
	case c == Blob && strings.HasPrefix(s, `\x`):
		return hex.DecodeString(s[2:])
	case c == Blob && isText:
		return []byte(s), nil
	case c == Time && isText:
		return parseTime(s)
	}
	return v, nil
}

func parseTime(s string) (time.Time, error) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("not a time in a form the stand-in knows")
}
