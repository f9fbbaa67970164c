//! Bytes from the kernel, from a peer or from the user may have any values: reading them never panics and
//! never leaves their buffer. Each buffer has exactly its own bytes, so that an address sanitizer reports a
//! read of one byte too many.

use tabi::{
    AF_INET, AF_INET6, Address, RawAddress, RawControlMessages, UnixAddress, cmsg_len, cmsg_space, inet_aton,
    inet_ntoa, inet_ntop, inet_pton,
};

/// Random numbers that are the same in every run (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Bytes of one of several kinds: all equal, with few different values, or with any values.
    fn bytes(&mut self, len: usize) -> Vec<u8> {
        let character = self.below(5);
        let mut byte = || match character {
            0 => 0,
            1 => 0xff,
            2 => (self.next() % 3) as u8,
            3 => b' ' + (self.next() % 95) as u8,
            _ => self.next() as u8,
        };
        (0..len).map(|_| byte()).collect()
    }
}

/// A number above the families of all systems.
const FAMILIES: u16 = 64;

#[test]
fn an_address_of_any_family_and_length_is_read() {
    let mut numbers = Numbers(1);
    for family in (0..FAMILIES).chain([u16::MAX]) {
        for len in 0..=RawAddress::CAPACITY {
            for _ in 0..4 {
                let mut bytes = numbers.bytes(len);
                for (to, from) in bytes.iter_mut().zip(family.to_ne_bytes()) {
                    *to = from;
                }
                check_address(&bytes.into_boxed_slice());
            }
        }
    }
}

fn check_address(bytes: &[u8]) {
    let raw = RawAddress::from_bytes(bytes).unwrap();
    assert_eq!(raw.bytes(), bytes);
    let address = raw.decode();
    assert!(!format!("{address} {address:?} {raw:?}").is_empty());
    assert_eq!(matches!(address, Address::None), bytes.is_empty());
    assert_eq!(address.port().is_some(), address.as_inet().is_some());
    // An address that can be encoded again decodes to the same address.
    if let Ok(again) = RawAddress::try_from(&address) {
        assert_eq!(again.decode(), address, "{bytes:?}");
    }
}

#[test]
fn an_address_that_is_too_long_is_refused() {
    for more in 1..300 {
        let bytes = vec![1; RawAddress::CAPACITY + more];
        let error = RawAddress::from_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains(&bytes.len().to_string()), "{error}");
    }
}

#[test]
fn a_unix_name_of_any_bytes_is_itself_or_an_error() {
    let mut numbers = Numbers(2);
    for len in 0..=200 {
        for _ in 0..50 {
            let name = numbers.bytes(len).into_boxed_slice();
            if let Ok(address) = UnixAddress::from_bytes(&name) {
                assert_eq!(address.to_bytes(), &name[..]);
                let raw = RawAddress::try_from(&address).unwrap();
                assert_eq!(raw.decode(), Address::Unix(address));
            }
        }
    }
}

#[test]
fn a_control_buffer_of_any_bytes_is_walked_to_an_end() {
    let mut numbers = Numbers(3);
    let header = cmsg_len(0).unwrap();
    for _ in 0..20_000 {
        let len = numbers.below(200);
        let mut buffer = numbers.bytes(len);
        plant_lengths(&mut buffer, &mut numbers);
        let buffer = buffer.into_boxed_slice();
        let mut messages = RawControlMessages::new(&buffer);
        let mut count = 0;
        for message in messages.by_ref() {
            count += 1;
            assert!(buffer.as_ptr_range().contains(&message.data.as_ptr()) || message.data.is_empty());
            assert!(message.data.len() + header <= buffer.len());
            assert!(count * header <= buffer.len(), "more messages than there is room for");
        }
        let wild = RawControlMessages::from_offset(&buffer, numbers.next() as usize);
        assert_eq!(wild.count(), 0);
        assert!(RawControlMessages::from_offset(&buffer, numbers.below(len + 1)).count() <= len);
    }
}

/// Writes lengths where the headers of messages may be: correct ones, slightly wrong ones, and absurd ones.
fn plant_lengths(buffer: &mut [u8], numbers: &mut Numbers) {
    let mut offset = 0;
    while offset + size_of::<usize>() <= buffer.len() {
        let left = buffer.len() - offset;
        let len = match numbers.below(6) {
            0 => left,
            1 => left + 1 + numbers.below(20),
            2 => numbers.below(20),
            3 => usize::MAX - numbers.below(40),
            4 => numbers.next() as usize,
            _ => 16 + numbers.below(left),
        };
        buffer[offset..offset + size_of::<usize>()].copy_from_slice(&len.to_ne_bytes());
        offset += cmsg_space(numbers.below(40)).unwrap();
    }
}

#[test]
fn the_size_of_a_control_message_is_right_or_an_error() {
    let mut numbers = Numbers(4);
    let near_the_limits = [0, 1, i32::MAX as usize, u32::MAX as usize, usize::MAX];
    let lengths = near_the_limits.iter().flat_map(|&limit| (0..64).map(move |i| limit.wrapping_sub(i)));
    let random: Vec<usize> = (0..10_000).map(|_| (numbers.next() >> numbers.below(64)) as usize).collect();
    for length in lengths.chain(random) {
        if let (Ok(len), Ok(space)) = (cmsg_len(length), cmsg_space(length)) {
            assert!(length < len && len <= space && space <= i32::MAX as usize, "{length}: {len}, {space}");
        } else {
            assert!(length > i32::MAX as usize - 64, "{length} was refused");
        }
    }
}

#[test]
fn the_text_of_an_address_is_read_or_refused() {
    const LETTERS: &[u8] = b"0123456789abcdefABCDEFxX.:%-+ /\0\xff";
    let mut numbers = Numbers(5);
    for _ in 0..20_000 {
        let len = numbers.below(60);
        let text: Vec<u8> = (0..len).map(|_| LETTERS[numbers.below(LETTERS.len())]).collect();
        if let Ok(packed) = inet_aton(&text) {
            assert_eq!(inet_aton(inet_ntoa(&packed).unwrap()).unwrap(), packed);
        }
        for family in [AF_INET, AF_INET6, tabi::AddressFamily::from_raw(numbers.below(99) as i32)] {
            if let Ok(packed) = inet_pton(family, &text) {
                assert_eq!(inet_pton(family, inet_ntop(family, &packed).unwrap()).unwrap(), packed);
            }
            let written = inet_ntop(family, &text);
            assert!(written.is_err() || text.len() == 4 || text.len() == 16, "{written:?}");
        }
    }
}
