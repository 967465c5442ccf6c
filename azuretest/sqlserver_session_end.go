package azuretest

import (
	"context"
	"time"
)

// sqlNoRows is the handler of a server without one: every request succeeds and
// returns nothing, until the token expires.
func sqlNoRows(_ context.Context, s *SQLServerSession) error {
	for {
		request, err := s.ReceiveUnexpired()
		if err != nil {
			return err
		}
		switch r := request.(type) {
		case *SQLServerTransaction:
			s.FollowTransaction(r)
		case *SQLServerBulkLoad:
			s.Done(int64(len(r.Rows)))
		}
	}
}

// ReceiveUnexpired is [SQLServerSession.Receive] of a server that looks at the
// token again, as Azure SQL Database does: once it has expired, what the client
// asks for is refused with error 37396, which is also the error returned. Returned
// from the Handler it ends the session. Sessions without a token do not expire.
func (s *SQLServerSession) ReceiveUnexpired() (SQLServerRequest, error) {
	request, err := s.Receive()
	if err == nil && !s.TokenExpires.IsZero() && !time.Now().Before(s.TokenExpires) {
		return nil, SQLServerTokenExpired()
	}
	return request, err
}

// SQLServerTokenExpired is what Azure SQL Database answers when the token of a
// session has expired. The text is that of dotnet/SqlClient#2792; state and class
// are not documented, and 20 is the least class that ends a session.
func SQLServerTokenExpired() *SQLServerError {
	return &SQLServerError{
		Number: 37396, State: 1, Class: 20,
		Message: "Query cannot be executed, access token is expired. Please login with a new access token and execute query again.",
	}
}

// FollowTransaction answers a transaction request of a server that has no
// transactions: begun and ended as the client wishes.
func (s *SQLServerSession) FollowTransaction(t *SQLServerTransaction) {
	switch t.Action {
	case SQLServerBegin:
		s.TransactionBegun()
	case SQLServerCommit, SQLServerRollback:
		s.TransactionEnded(t.Action == SQLServerCommit)
	}
}
