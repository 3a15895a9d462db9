// The Rust side of the matrix: a generic function and a closure's caller.
#[allow(named_asm_labels)]
mod shape {
    #[inline(always)]
    pub fn inner(x: i32) -> i32 {
        unsafe { std::arch::asm!(".globl inner_mark", "inner_mark: nop") } // LINE inner
        x + 1
    }

    #[inline(never)]
    pub fn outer(x: i32) -> i32 {
        inner(x) * 3 // LINE outer
    }
}

fn main() {
    println!("{}", shape::outer(std::env::args().count() as i32));
}
