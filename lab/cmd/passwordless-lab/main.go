// Command passwordless-lab brings Azure's identities and databases to this machine, for an app in any language.
//
//	passwordless-lab -- go run .
//
// passwordless-lab --help and docs/lab.md are its manual.
package main

import (
	"os"

	"github.com/azuredb/passwordless/lab/internal/command"
)

func main() { os.Exit(command.Main(os.Stdout, os.Stderr, os.Args[1:]...)) }
