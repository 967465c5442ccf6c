package engine

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/azuredb/passwordless/azuretest"
)

const refusalLimit = 100

// Logins remembers why logins were refused, which neither the client nor the server is told.
// The zero value is ready; it is safe for concurrent use.
type Logins struct {
	mu    sync.Mutex
	lines []string
}

func (l *Logins) Refuse(user string, reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("lab: login of user %q refused: %v\n", user, reason))
	l.lines = l.lines[max(0, len(l.lines)-refusalLimit):]
}

// String is one line for each refusal, in order.
func (l *Logins) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}

// CheckToken checks what a user sends as its password: a token of the cloud for Azure's open-source databases
// (signature, audience, times) that was issued to that user's identity. A refusal is remembered.
func (l *Logins) CheckToken(cloud *azuretest.Cloud, user, token string) error {
	claims, err := cloud.Verify(token, azuretest.OSSRDBMSAudience)
	if err == nil && !slices.Contains(claims.Names, user) {
		err = fmt.Errorf("the token was issued to %q (object ID %s)", strings.Join(claims.Names, ", "), claims.ObjectID)
	}
	if err != nil {
		l.Refuse(user, err)
	}
	return err
}
