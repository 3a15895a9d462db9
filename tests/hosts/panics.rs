/* Panics. "caught": in a thread, taken by join; "abort": aborts of it (built
 * with panic=abort); "deep": overflows its stack, which std itself has from
 * SIGSEGV and ends by abort. Context: tool. */
#[inline(never)]
fn fall(numbers: &[u32], at: usize) -> u32 {
    numbers[at]
}

#[inline(never)]
fn descend(depth: &mut [u64; 64]) -> u64 {
    let mut deeper = [depth[0] + 1; 64];
    if deeper[0] == 0 {
        return 0;
    }
    descend(&mut deeper) + deeper[63]
}

fn main() {
    let mode = std::env::args().nth(1).unwrap();
    let thread = std::thread::spawn(move || match mode.as_str() {
        "deep" => descend(&mut [0; 64]) as u32,
        _ => fall(&[1, 2, 3], mode.len()),
    });
    println!("caught {}", thread.join().is_err());
}
