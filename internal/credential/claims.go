package credential

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/redact"
)

// claims are what a token says about itself. The signature is not checked, which is the server's
// business: they are used for names and hints, never for decisions about trust.
type claims struct {
	Audience          string `json:"aud"`
	ObjectID          string `json:"oid"`
	TenantID          string `json:"tid"`
	ManagedIdentity   string `json:"xms_mirid"` // resource ID
	UPN               string `json:"upn"`
	PreferredUsername string `json:"preferred_username"`
	UniqueName        string `json:"unique_name"`
	Expires           int64  `json:"exp"` // seconds since 1970
}

func readClaims(token string) (c claims) {
	ReadClaims(token, &c)
	return c
}

// ReadClaims reads a token's claims as package json does, and leaves out a claim of an unexpected type. It checks
// nothing, and reads nothing from what is no JWT.
func ReadClaims(token string, into any) {
	if parts := strings.Split(token, "."); len(parts) == 3 {
		if payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "=")); err == nil {
			_ = json.Unmarshal(payload, into)
		}
	}
}

// user returns the database user as the server would derive it from the token: a managed identity's
// name, else a person's sign-in name. It is "" for a service principal, a guest, and for what is no JWT.
func (c claims) user() string {
	if name := c.ManagedIdentity[strings.LastIndexByte(c.ManagedIdentity, '/')+1:]; name != "" || c.guest() != "" {
		return name
	}
	return cmp.Or(c.UPN, c.PreferredUsername, c.UniqueName)
}

// guest returns the name of a guest, who has another in the server's tenant: "live.com#ann@outlook.com". No
// role's name has a "#" before its "@".
func (c claims) guest() string {
	for _, name := range [...]string{c.UPN, c.UniqueName, c.PreferredUsername} {
		if before, _, _ := strings.Cut(name, "@"); strings.Contains(before, "#") && before != name {
			return name
		}
	}
	return ""
}

// UserFromToken returns the database user that a token names, "" if none.
func UserFromToken(token string) string { return readClaims(token).user() }

// ObjectIDOf returns the object ID of the identity that a token names, "" if none.
func ObjectIDOf(token string) string { return readClaims(token).ObjectID }

// GuestFromToken returns the name in the token of a guest, which is no database user's; "" if it is no guest's.
func GuestFromToken(token string) string { return readClaims(token).guest() }

// DescribeToken says in a few words what an access token claims: what it is for,
// until when, and whose it is. It checks nothing and never quotes the token.
func DescribeToken(token string) string {
	c := readClaims(token)
	if c == (claims{}) {
		return "not a JSON Web Token of Microsoft Entra's"
	}
	verb, expires := "expires at ", ""
	if c.Expires != 0 {
		at := time.Unix(c.Expires, 0)
		if at.Before(time.Now()) {
			verb = "expired at "
		}
		expires = at.UTC().Format(time.RFC3339)
	}
	var words []string
	for _, claim := range [...][2]string{{"for ", c.Audience}, {verb, expires}, {"of tenant ", c.TenantID}, {"of object ID ", c.ObjectID}, {"named ", cmp.Or(c.user(), c.guest())}} {
		if claim[1] != "" {
			words = append(words, claim[0]+claim[1])
		}
	}
	return redact.Scrub(redact.Clip(redact.OneLine(strings.Join(words, ", "))))
}

// otherResources are not the databases': a custom credential may return tokens for them by mistake.
var otherResources = [...]string{
	"https://management.azure.com", "https://management.core.windows.net",
	"https://management.usgovcloudapi.net", "https://management.chinacloudapi.cn",
	"https://graph.microsoft.com", "https://graph.windows.net",
	"https://vault.azure.net", "https://storage.azure.com",
}

// checkAudience refuses a token whose audience is the URL of another known resource. Any other
// audience, also a GUID or none, is left to the server.
func checkAudience(token, scope string) error {
	audience := strings.TrimRight(readClaims(token).Audience, "/")
	resource := strings.TrimRight(strings.TrimSuffix(scope, "/.default"), "/")
	if strings.EqualFold(audience, resource) {
		return nil
	}
	for _, other := range slices.Concat(otherResources[:], cloud.Scopes()) {
		if other = strings.TrimSuffix(other, "/.default"); strings.EqualFold(audience, other) {
			return fmt.Errorf("passwordless: the token is for %s, but the server needs one for %s: %w", other, resource, ErrWrongAudience)
		}
	}
	return nil
}

// ErrWrongAudience is a token for another resource.
var ErrWrongAudience = errors.New("wrong audience")
