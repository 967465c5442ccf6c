package main

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// The kinds of records.
const (
	opened    = "open"      // a worker took a connection, of a pool or a new one
	statement = "statement" // a worker ran a statement or a transaction
	login     = "login"     // the library logged in
	waited    = "wait"      // a login had to get its token, or found it
	token     = "token"     // a token arrived, good from From until To
	retired   = "retired"   // a connection was retired before its token expires
	measured  = "usage"     // what the process holds
	leaked    = "leak"      // a secret in an error or a log
)

// The causes of failures that the process with the workers knows.
const (
	own     = "own"   // the worker's own short deadline
	noToken = "token" // a *TokenError
	failed  = "failed"
)

// record is something that the process with the workers tells, one JSON document each.
type record struct {
	Kind             string
	Engine, Identity string
	Door             string    `json:",omitempty"`
	From, To         time.Time // by the wall clock
	Cause            string    `json:",omitempty"` // of a failure; empty if it went well
	Err              string    `json:",omitempty"`
	Usage            *usage    `json:",omitempty"`
}

func (r *record) took() time.Duration { return r.To.Sub(r.From) }

// usage is what the process with the workers holds: before it opens anything, meanwhile, and after all is closed.
type usage struct {
	When                    string
	Goroutines, Descriptors int
	HeapBytes               uint64 // after garbage collection
}

// The moments of a usage.
const before, meanwhile, after = "before", "meanwhile", "after"

// recorder writes records. It is safe for concurrent use.
type recorder struct {
	mu  sync.Mutex
	out *json.Encoder
}

func newRecorder(w io.Writer) *recorder { return &recorder{out: json.NewEncoder(w)} }

// add writes a record. An error means that the reader is gone, and the reader ends this process.
func (r *recorder) add(rec record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.out.Encode(rec)
}
