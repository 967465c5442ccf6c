package postgresfront

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5/pgproto3"
)

// cancels finds the session that a cancel request is about. Such a request comes on a
// separate connection, with the process ID and the key that the session was given.
type cancels struct {
	mu       sync.Mutex
	sessions map[cancelKey]func(context.Context)
}

type cancelKey struct {
	pid    uint32
	secret string
}

// add makes a session known by its key until forget is called.
func (r *cancels) add(pid uint32, secret []byte, cancel func(context.Context)) (forget func()) {
	key := cancelKey{pid, string(secret)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions == nil {
		r.sessions = make(map[cancelKey]func(context.Context))
	}
	r.sessions[key] = cancel
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.sessions, key)
	}
}

// forward cancels what the session is doing. A key that belongs to none is
// ignored without a word, as PostgreSQL does.
func (r *cancels) forward(ctx context.Context, request *pgproto3.CancelRequest) {
	r.mu.Lock()
	cancel := r.sessions[cancelKey{request.ProcessID, string(request.SecretKey)}]
	r.mu.Unlock()
	if cancel != nil && len(request.SecretKey) > 0 { // sessions without a key cannot be cancelled
		cancel(ctx)
	}
}
