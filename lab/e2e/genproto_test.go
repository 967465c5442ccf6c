package e2e_test

// golang-migrate needs a gRPC whose package googleapis/rpc/status is in a module of its own, go-mysql-server an older
// genproto that has it, too. This import is the least that has go mod tidy require a newer genproto, without which a
// module that requires this one meets the package twice.
import _ "google.golang.org/genproto/googleapis/type/date"
