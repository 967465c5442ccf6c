// Package e2e tests the library from the outside: through database/sql and
// pgxpool, with the real azidentity and drivers, against real servers that check
// each token themselves. Its benchmarks are those of BENCHMARKS.md.
package e2e
