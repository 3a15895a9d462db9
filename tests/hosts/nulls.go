// Dereferences nil and recovers, which Go has from SIGSEGV; with an argument,
// once without recovering. Context: tool.
package main

import "C" // linked dynamically: a static program cannot be watched
import (
	"fmt"
	"os"
)

type thing struct{ field int }

//go:noinline
func read(t *thing) int { return t.field }

func try(t *thing) (caught int) {
	defer func() {
		if recover() != nil {
			caught = 1
		}
	}()
	return read(t) * 0
}

func main() {
	caught := 0
	for i := 0; i < 200; i++ {
		caught += try(nil)
	}
	fmt.Println("caught", caught)
	if len(os.Args) > 1 {
		read(nil)
	}
}
