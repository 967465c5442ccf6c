package engine

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/azuredb/passwordless/azuretest"
)

const loginLimit = 1000

// Login is a check of a token. Err is why it was refused, which is sent neither to the client nor to the server; nil if
// it was accepted.
type Login struct {
	Time time.Time
	User string
	Err  error
}

// Logins remembers the last logins.
// The zero value is ready; it is safe for concurrent use.
type Logins struct {
	mu  sync.Mutex
	all []Login
}

// Add adds a login.
func (l *Logins) Add(login Login) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, login)
	l.all = l.all[max(0, len(l.all)-loginLimit):]
}

// Refuse adds a login that was refused.
func (l *Logins) Refuse(user string, reason error) { l.Add(Login{time.Now(), user, reason}) }

// All returns the logins in their order.
func (l *Logins) All() []Login {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// LoginsOf are those of a front end.
func LoginsOf(front azuretest.Server) *Logins {
	l := new(Logins)
	for _, login := range front.Logins() {
		if login.User == "" && errors.Is(login.Err, io.EOF) {
			continue // it only looked whether someone answers
		}
		l.Add(Login{login.Time, login.User, login.Err})
	}
	return l
}

// String is one line for each refused login, in order.
func (l *Logins) String() string {
	var text strings.Builder
	for _, login := range l.All() {
		if login.Err != nil {
			fmt.Fprintf(&text, "lab: login of user %q refused: %v\n", login.User, login.Err)
		}
	}
	return text.String()
}

// CheckToken checks what a user sends as its password: a token of the cloud for Azure's open-source databases
// (signature, audience, times) that was issued to that user's identity. The login is added.
func (l *Logins) CheckToken(cloud *azuretest.Cloud, user, token string) error {
	claims, err := cloud.Verify(token, azuretest.OSSRDBMSAudience)
	if err == nil && !slices.Contains(claims.Names, user) {
		err = fmt.Errorf("the token was issued to %q (object ID %s)", strings.Join(claims.Names, ", "), claims.ObjectID)
	}
	l.Add(Login{time.Now(), user, err})
	return err
}
