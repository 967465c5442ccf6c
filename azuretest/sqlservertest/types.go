package sqlservertest

import "github.com/azuredb/passwordless/internal/tds"

// Error is an error of SQL Server, as its clients get it:
//
//	Number    int32  // as in sys.messages
//	State     uint8  // tells apart the places that raise it
//	Class     uint8  // severity; default: 14 for a refused login; 20 and more end the connection
//	Message   string // one line
//	Procedure string // in which it was raised; "" outside
//	Line      int32  // in the batch or procedure; default: 1
type Error = tds.Error
