package tds

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// requestLimit is the longest message of a session, in bytes. SQL Server takes more.
const requestLimit = 64 << 20

// Session is a client that has logged in. It is for one goroutine: Receive a request,
// answer it, Receive the next. An answer consists of any number of results, each of
// Columns, Rows and Done, or Done alone; Receive ends it. A request without an answer
// has succeeded, and one answered by Error alone has failed. When the client cancels,
// the request's Context ends and the rest of the answer is dropped.
type Session struct {
	User           string    // the name of the token's identity, or the SQL login
	Database       string    // that the client asked for, or master
	AppName        string    // of the client's program
	HostName       string    // of the client's machine
	ReadOnlyIntent bool      // ApplicationIntent=ReadOnly
	TokenExpires   time.Time // zero without a token

	stream   *Stream
	conn     net.Conn
	ctx      context.Context // the session's, for the requests'
	incoming chan incoming   // from the goroutine that reads
	turn     chan struct{}   // held from the arrival of a request to the end of its answer
	over     chan struct{}   // closed when nothing is taken from incoming any more

	mu        sync.Mutex
	cancel    context.CancelFunc // ends the context of the request being answered; nil if there is none
	attention bool               // the client has cancelled it

	answer      *answer // to the last request; nil once it has ended
	err         error   // of the first write that failed
	transaction uint64  // that is open; 0: none
	began       uint64  // transactions so far
}

// incoming is what the reading goroutine hands over: a request, an error, or neither,
// when the client cancels a request that has been answered.
type incoming struct {
	request Request
	err     error
}

// NewSession makes the session of a client that has been told that it
// has logged in.
func NewSession(stream *Stream, conn net.Conn, login *Login, account Account) *Session {
	stream.Limit = requestLimit
	return &Session{
		User: account.Name, Database: cmp.Or(login.Database, DefaultDatabase), AppName: login.AppName, HostName: login.HostName,
		ReadOnlyIntent: login.ReadOnly, TokenExpires: account.Expires,
		stream: stream, conn: conn,
		incoming: make(chan incoming, 1), turn: make(chan struct{}, 1), over: make(chan struct{}),
	}
}

// Run lets the handler speak, tells the client its error and closes the
// connection. io.EOF leaves the request that is being answered without an end.
func (s *Session) Run(ctx context.Context, handler func(context.Context, *Session) error) {
	ctx, cancel := context.WithCancel(ctx)
	s.ctx = ctx
	var reading sync.WaitGroup
	reading.Go(s.read)
	err := handler(ctx, s)
	if errors.Is(err, io.EOF) {
		s.err = err // what is unanswered stays so
	}
	if e, ok := errors.AsType[*Error](err); ok {
		if s.answer == nil { // clients read nothing until they have asked for something
			_, _ = s.Receive()
		}
		s.Error(e)
	}
	s.finish()
	cancel()
	close(s.over)
	s.conn.Close()
	reading.Wait()
}

// Receive ends the answer to the last request and waits for the next one. It
// returns [io.EOF] when the client has ended the session. A message that is not a
// request is answered with an error; if the session cannot go on, that is the
// [*Error] to return from the Handler.
func (s *Session) Receive() (Request, error) {
	for {
		s.finish()
		if s.err != nil {
			return nil, s.err
		}
		in, ok := <-s.incoming
		switch {
		case !ok:
			return nil, io.EOF
		case in.request != nil:
			s.begin(in.request)
			return in.request, nil
		case in.err == nil: // too late for the answer
			s.err = s.stream.Send(KindReply, AppendDone(nil, TokenDone, DoneAttention, 0, 0))
		default:
			s.begin(&Batch{})
			u, ok := errors.AsType[*unsupported](in.err)
			if !ok { // the end of the message cannot be trusted
				return nil, errors.Join(malformed(), in.err)
			}
			s.Error(NewError(50000, 1, 16, u.Error()))
		}
	}
}

// ReceiveUnexpired is [Session.Receive] of a server that looks at the
// token again, as Azure SQL Database does: once it has expired, what the client
// asks for fails with error 37396, which is also the error returned. Returned
// from the Handler it ends the session. Sessions without a token do not expire.
func (s *Session) ReceiveUnexpired() (Request, error) {
	request, err := s.Receive()
	if err == nil && !s.TokenExpires.IsZero() && !time.Now().Before(s.TokenExpires) {
		return nil, tokenExpired()
	}
	return request, err
}

// read takes the client's messages until it leaves or the session is over.
func (s *Session) read() {
	defer close(s.incoming)
	for {
		m, err := s.stream.Receive()
		if err != nil {
			s.interrupt()
			return
		}
		var in incoming
		switch {
		case m.Kind == KindAttention:
			if s.interrupt() {
				continue
			}
		case m.Status&statusIgnore != 0: // taken back; an attention follows
			continue
		default:
			select {
			case s.turn <- struct{}{}: // some clients do not wait for the answer to a rollback
			case <-s.over:
				return
			}
			ctx, cancel := context.WithCancel(s.ctx)
			s.mu.Lock()
			s.cancel, s.attention = cancel, false
			s.mu.Unlock()
			in.request, in.err = DecodeRequest(ctx, m)
		}
		select {
		case s.incoming <- in:
		case <-s.over:
			return
		}
	}
}

// interrupt cancels the request being answered; it reports false if there is none.
func (s *Session) interrupt() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel == nil {
		return false
	}
	s.cancel()
	s.attention = true
	return true
}

// cancelled tells whether the client has cancelled the request being answered.
func (s *Session) cancelled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attention
}

// begin opens the answer to a request.
func (s *Session) begin(request Request) {
	s.answer = newAnswer(s.stream, request)
	if reset, keepTransaction := request.Reset(); reset {
		if !keepTransaction {
			s.transaction = 0
		}
		s.put(AppendEnvChange(nil, envResetDone, []byte{0}, []byte{0}))
	}
}

// put adds tokens to the answer, if there is one.
func (s *Session) put(tokens []byte) {
	if s.answer != nil && s.err == nil {
		s.err = s.answer.put(tokens)
	}
}

// finish ends the answer. Whether the client has cancelled is decided here, so
// that it is told exactly once: at the end of the answer, or by Receive.
func (s *Session) finish() {
	if s.answer == nil {
		return
	}
	s.mu.Lock()
	attention := s.attention
	s.cancel()
	s.cancel, s.attention = nil, false
	s.mu.Unlock()
	if s.err == nil {
		s.err = s.answer.close(s.transaction != 0, attention)
	}
	s.answer = nil
	<-s.turn
}
