package tds

import "time"

// ReceiveUnexpired is [Session.Receive] of a server that looks at the
// token again, as Azure SQL Database does: once it has expired, what the client
// asks for is refused with error 37396, which is also the error returned. Returned
// from the Handler it ends the session. Sessions without a token do not expire.
func (s *Session) ReceiveUnexpired() (Request, error) {
	request, err := s.Receive()
	if err == nil && !s.TokenExpires.IsZero() && !time.Now().Before(s.TokenExpires) {
		return nil, TokenExpired()
	}
	return request, err
}

// TokenExpired is what Azure SQL Database answers when the token of a
// session has expired. The text is that of dotnet/SqlClient#2792; state and class
// are not documented, and 20 is the least class that ends a session.
func TokenExpired() *Error {
	return &Error{
		Number: 37396, State: 1, Class: 20,
		Message: "Query cannot be executed, access token is expired. Please login with a new access token and execute query again.",
	}
}

// FollowTransaction answers a transaction request of a server that has no
// transactions: begun and ended as the client wishes.
func (s *Session) FollowTransaction(t *Transaction) {
	switch t.Action {
	case Begin:
		s.TransactionBegun()
	case Commit, Rollback:
		s.TransactionEnded(t.Action == Commit)
	}
}
