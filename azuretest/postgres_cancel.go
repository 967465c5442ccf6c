package azuretest

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5/pgproto3"
)

// pgCancels finds the session that a request to cancel is about. Such a request
// comes on a connection of its own, with the process id and the key that the
// session was given.
type pgCancels struct {
	mu       sync.Mutex
	sessions map[pgCancelKey]func(context.Context)
}

type pgCancelKey struct {
	pid    uint32
	secret string
}

// add makes a session known by its key until forget is called.
func (r *pgCancels) add(pid uint32, secret []byte, cancel func(context.Context)) (forget func()) {
	key := pgCancelKey{pid, string(secret)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions == nil {
		r.sessions = make(map[pgCancelKey]func(context.Context))
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
func (r *pgCancels) forward(ctx context.Context, request *pgproto3.CancelRequest) {
	r.mu.Lock()
	cancel := r.sessions[pgCancelKey{request.ProcessID, string(request.SecretKey)}]
	r.mu.Unlock()
	if cancel != nil && len(request.SecretKey) > 0 { // sessions without a key cannot be cancelled
		cancel(ctx)
	}
}
