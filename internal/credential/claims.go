package credential

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/redact"
)

// claims are what a token says about itself. They are read without checking the
// signature, which is the database server's business: they serve for names and
// hints, and never prove anything.
type claims struct {
	Audience          string `json:"aud"`
	ObjectID          string `json:"oid"`
	ManagedIdentity   string `json:"xms_mirid"` // resource ID
	UPN               string `json:"upn"`
	PreferredUsername string `json:"preferred_username"`
	UniqueName        string `json:"unique_name"`
	Expires           int64  `json:"exp"` // seconds since 1970
}

func readClaims(token string) claims {
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return c
	}
	// A claim of an unexpected type is left out; the others are read.
	_ = json.Unmarshal(payload, &c)
	return c
}

// user returns the name of a database user as the server would derive it from
// the token: a managed identity's name, else a person's sign-in name. It is ""
// for a service principal, whose token has no name, and for what is no JWT.
func (c claims) user() string {
	if name := c.ManagedIdentity[strings.LastIndexByte(c.ManagedIdentity, '/')+1:]; name != "" {
		return name
	}
	for _, name := range [...]string{c.UPN, c.PreferredUsername, c.UniqueName} {
		if name != "" {
			return name
		}
	}
	return ""
}

// UserFromToken returns the database user that a token names, "" if none.
func UserFromToken(token string) string { return readClaims(token).user() }

// DescribeToken says in a few words what an access token claims: what it is for,
// until when, and whose it is. It checks nothing and never quotes the token.
func DescribeToken(token string) string {
	c := readClaims(token)
	if c == (claims{}) {
		return "not a JSON Web Token of Microsoft Entra's"
	}
	var words []string
	if c.Audience != "" {
		words = append(words, "for "+c.Audience)
	}
	if c.Expires != 0 {
		expires := time.Unix(c.Expires, 0)
		verb := "expires"
		if expires.Before(time.Now()) {
			verb = "expired"
		}
		words = append(words, verb+" at "+expires.UTC().Format(time.RFC3339))
	}
	if c.ObjectID != "" {
		words = append(words, "of object ID "+c.ObjectID)
	}
	if name := c.user(); name != "" {
		words = append(words, "named "+name)
	}
	return redact.Scrub(redact.Clip(redact.OneLine(strings.Join(words, ", "))))
}

// otherResources are resources of Azure, other than the databases', whose tokens
// a custom credential may hand out by mistake.
var otherResources = [...]string{
	"https://management.azure.com", "https://management.core.windows.net",
	"https://management.usgovcloudapi.net", "https://management.chinacloudapi.cn",
	"https://graph.microsoft.com", "https://graph.windows.net",
	"https://vault.azure.net", "https://storage.azure.com",
}

// checkAudience refuses a token that is plainly for something else: one whose
// audience is the URL of another known resource. Any other audience, also a GUID
// or none, is left to the server.
func checkAudience(token, scope string) error {
	audience := strings.TrimRight(readClaims(token).Audience, "/")
	resource := strings.TrimRight(strings.TrimSuffix(scope, "/.default"), "/")
	if strings.EqualFold(audience, resource) {
		return nil
	}
	for _, other := range knownResources() {
		if strings.EqualFold(audience, other) {
			return fmt.Errorf("passwordless: the token is for %s, but the server needs one for %s: %w", other, resource, ErrWrongAudience)
		}
	}
	return nil
}

// ErrWrongAudience is a token for another resource.
var ErrWrongAudience = errors.New("wrong audience")

// knownResources returns the URLs of all resources with a name here.
func knownResources() []string {
	known := otherResources[:]
	for _, scope := range cloud.Scopes() {
		known = append(known, strings.TrimSuffix(scope, "/.default"))
	}
	return known
}
