package mysql

import (
	"sync"

	"github.com/go-sql-driver/mysql"
)

// loginLog is the logger of one connection. While the login goes on it keeps
// what the driver would print: for the errors of the network that the driver
// logs and replaces by [mysql.ErrInvalidConn] belong into the error. Afterwards
// it is the driver's logger.
type loginLog struct {
	next mysql.Logger

	mu    sync.Mutex
	ended bool  // guarded by mu
	cause error // guarded by mu: the first error that was logged
}

// Print implements [mysql.Logger]. The driver may also call it from the goroutine
// that watches the context.
func (l *loginLog) Print(values ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		l.next.Print(values...)
		return
	}
	for _, value := range values {
		if err, ok := value.(error); ok && l.cause == nil {
			l.cause = err
		}
	}
}

// end returns the error that was logged during the login, nil if none was, and
// lets everything pass from now on.
func (l *loginLog) end() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	return l.cause
}
