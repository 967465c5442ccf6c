// Package login decides on logins to the lab's servers, and remembers why they were refused.
package login

import (
	"fmt"
	"strings"
	"sync"

	"github.com/azuredb/passwordless/azuretest"
)

const refusalLimit = 100 // refusals that are remembered

// Log remembers why logins were refused, which neither the client nor the server is told.
// The zero value is ready; it is safe for concurrent use.
type Log struct {
	mu    sync.Mutex
	lines []string
}

// Refuse remembers why the login of a user was refused.
func (l *Log) Refuse(user string, reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("lab: login of user %q refused: %v\n", user, reason))
	l.lines = l.lines[max(0, len(l.lines)-refusalLimit):]
}

// String is one line for each refusal, in order.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}

// CheckToken checks what a user sends as its password: a token of the cloud for Azure's open-source databases
// (signature, audience, times) that was issued to that user's identity. A refusal is remembered.
func (l *Log) CheckToken(cloud *azuretest.Cloud, user, token string) error {
	claims, err := cloud.Verify(token, azuretest.OSSRDBMSAudience)
	if err == nil && !claims.Matches(user) {
		err = fmt.Errorf("the token was issued to %q (object ID %s)", claims.Name, claims.ObjectID)
	}
	if err != nil {
		l.Refuse(user, err)
	}
	return err
}
