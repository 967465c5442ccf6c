package doctor

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/environ"
)

// name quotes what is put between the quotes of a name.
func name(engine dsn.Engine, s string) string {
	return strings.ReplaceAll(s, closing[engine], closing[engine]+closing[engine])
}

// text quotes what is put between the quotes of a text.
func text(engine dsn.Engine, s string) string {
	if engine == dsn.MySQL {
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return strings.ReplaceAll(s, "'", "''")
}

// guid returns an ID, or "" for anything else.
func guid(s string) string {
	if !environ.IsGUID(s) {
		return ""
	}
	return s
}

func portOf(h dsn.Host) string {
	if h.Port == 0 {
		return ""
	}
	return strconv.Itoa(int(h.Port))
}

// partOf returns the part of a resource's ID that follows one of this name.
func partOf(resource, name string) string {
	parts := strings.Split(resource, "/")
	for i := range parts[:len(parts)-1] {
		if strings.EqualFold(parts[i], name) {
			return parts[i+1]
		}
	}
	return ""
}

func (w *walk) userOfToken() string { return credential.UserFromToken(w.token) }

var ipv4 = regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(:\d)?`)

// refusedAddress is the address that the server says it does not admit; the driver's text also has the server's own,
// with its port.
func (w *walk) refusedAddress() string {
	for _, address := range ipv4.FindAllString(w.refusal, -1) {
		if !strings.Contains(address, ":") {
			return address
		}
	}
	return ""
}
