//! The methods that several kinds of maps have.

/// What is done to the pages of any map. The type has the pages as `pages`.
macro_rules! page_methods {
    ($map:ident) => {
        impl $map {
            /// Says to the operating system how the program is going to use the
            /// mapping (madvise(2)).
            ///
            /// # Errors
            ///
            /// [`Unsupported`](std::io::ErrorKind::Unsupported): the operating
            /// system does not know the advice, or not for this file.
            pub fn advise(&self, advice: $crate::Advice) -> std::io::Result<()> {
                self.pages().advise(advice, 0, self.pages().len())
            }

            /// As [`advise`](Self::advise), for the pages of a range in bytes.
            ///
            /// # Errors
            ///
            /// - [`InvalidInput`](std::io::ErrorKind::InvalidInput): the range
            ///   is not wholly inside
            /// - those of [`advise`](Self::advise)
            pub fn advise_range(
                &self,
                advice: $crate::Advice,
                offset: usize,
                len: usize,
            ) -> std::io::Result<()> {
                self.pages().advise(advice, offset, len)
            }

            /// As [`advise`](Self::advise), with advice after which bytes may
            /// have changed.
            ///
            /// # Errors
            ///
            /// [`Unsupported`](std::io::ErrorKind::Unsupported): the mapping
            /// is private or anonymous, and the platform keeps its bytes.
            ///
            /// # Safety
            ///
            /// Nobody has a slice of the bytes.
            pub unsafe fn unchecked_advise(
                &self,
                advice: $crate::UncheckedAdvice,
            ) -> std::io::Result<()> {
                let len = self.pages().len();
                // SAFETY: the caller promises what this call asks for.
                unsafe { self.pages().unchecked_advise(advice, 0, len) }
            }

            /// As [`unchecked_advise`](Self::unchecked_advise), for the pages
            /// of a range in bytes.
            ///
            /// # Errors
            ///
            /// - [`InvalidInput`](std::io::ErrorKind::InvalidInput): the range
            ///   is not wholly inside
            /// - those of [`unchecked_advise`](Self::unchecked_advise)
            ///
            /// # Safety
            ///
            /// Nobody has a slice of bytes of these pages.
            pub unsafe fn unchecked_advise_range(
                &self,
                advice: $crate::UncheckedAdvice,
                offset: usize,
                len: usize,
            ) -> std::io::Result<()> {
                // SAFETY: the caller promises what this call asks for.
                unsafe { self.pages().unchecked_advise(advice, offset, len) }
            }

            /// Holds the pages in RAM (mlock(2)) until they are unlocked or
            /// unmapped.
            ///
            /// # Errors
            ///
            /// - [`QuotaExceeded`](std::io::ErrorKind::QuotaExceeded): the
            ///   embedder granted no locks, or fewer bytes
            /// - [`Unsupported`](std::io::ErrorKind::Unsupported): anonymous
            ///   memory of a guest, which comes from its heap
            pub fn lock(&self) -> std::io::Result<()> {
                self.pages().lock()
            }

            /// Undoes [`lock`](Self::lock) (munlock(2)). Does nothing if the
            /// pages are not locked.
            ///
            /// # Errors
            ///
            /// [`Unsupported`](std::io::ErrorKind::Unsupported): anonymous
            /// memory of a guest.
            pub fn unlock(&self) -> std::io::Result<()> {
                self.pages().unlock()
            }
        }

        impl std::fmt::Debug for $map {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($map))
                    .field("ptr", &self.as_ptr())
                    .field("len", &self.pages().len())
                    .finish()
            }
        }
    };
}

/// The ways to the disk of a map that can be written.
macro_rules! flush_methods {
    ($map:ident) => {
        impl $map {
            /// Writes what was changed to the disk (msync(2) with `MS_SYNC`).
            /// When it returns, the disk has it. What was written to a private
            /// or anonymous mapping stays in it.
            ///
            /// # Errors
            ///
            /// - [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof): bytes
            ///   are gone from the file
            /// - [`ResourceBusy`](std::io::ErrorKind::ResourceBusy): in a guest
            ///   without windows, another guest has windows on the file
            /// - the operating system could not write
            pub fn flush(&self) -> std::io::Result<()> {
                self.flush_range(0, self.pages().len())
            }

            /// As [`flush`](Self::flush), for the pages of a range in bytes.
            ///
            /// # Errors
            ///
            /// - [`InvalidInput`](std::io::ErrorKind::InvalidInput): the range
            ///   is not wholly inside
            /// - those of [`flush`](Self::flush)
            pub fn flush_range(&self, offset: usize, len: usize) -> std::io::Result<()> {
                self.pages().flush(offset, len, true)
            }

            /// Has the operating system write what was changed when it sees
            /// fit (msync(2) with `MS_ASYNC`). Others who use the file see it
            /// when this returns.
            ///
            /// # Errors
            ///
            /// Those of [`flush`](Self::flush), as far as they are known by
            /// then.
            pub fn flush_async(&self) -> std::io::Result<()> {
                self.flush_async_range(0, self.pages().len())
            }

            /// As [`flush_async`](Self::flush_async), for the pages of a range
            /// in bytes.
            ///
            /// # Errors
            ///
            /// Those of [`flush_range`](Self::flush_range), as far as they are
            /// known by then.
            pub fn flush_async_range(&self, offset: usize, len: usize) -> std::io::Result<()> {
                self.pages().flush(offset, len, false)
            }
        }
    };
}

pub(crate) use {flush_methods, page_methods};
