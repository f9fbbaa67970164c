//! Connections that wait without a thread, and the time that each phase of a connection's life may take.
//!
//! ```text
//!                               wait_for_first_byte
//!   accepted, verified ──────────────────────────────────────┐
//!          │                                                 ▼
//!          │                 Park                         parked ◀───────────┐
//!          ▼            ┌─────────────────────────────▶ (phase Idle)         │ Park
//!        turn ──────────┤                                    │ bytes, an end │
//!   (phase Request) ◀───┘ Again, and nobody waits            │ or an error   │
//!     ▲    │                                                 ▼               │
//!     │    │ End,                                         gets, or ──────▶ turn
//!     │    │ failure      Again ────────────────────────▶ waits for, a thread
//!     │    ▼
//!     │  finish, end                  idle_timeout, max_parked, server_close: the connection is
//!     └── last turn ◀──────────────── shut down, and the handler gets a last turn that finds its end
//! ```
//!
//! - A parked request is in its slot of the table of active requests, and its descriptor is watched by one [`Watch`] of the
//!   server. The idle threads of the server wait in the watch: one of them takes the request that has something to read out
//!   of the table, and handles it. While no thread is idle, and for an in-line server, the first serve loop polls the watch
//!   and gives the requests to the runner. There is no further thread.
//! - The watch reports each descriptor once, with the slot of its request and the slot's generation. The generation
//!   changes with every wake and every end, so a report that comes late harms nobody.
//! - A worker first has the descriptor watched and then puts the request into the table. If the report comes in between,
//!   the table remembers it, and the worker goes on with the request.
//! - A parked request keeps its descriptor open ([`Hold`](crate::socket::Hold)). If another thread closes the socket, the
//!   connection is shut down, the watch reports that, and the handler finds out that the socket is closed.
//! - A parked request does not keep its server. When the last handle of a server is dropped, its parked connections are
//!   closed, and no handler runs for them.
//! - Every way in which a connection is cut off ends in a turn of its handler, in which `finish` runs. After that turn the
//!   request ends, whatever the handler answers.
//! - The hook `handshake` runs before the first turn. It is a phase of its own if its time is limited.
//! - While anybody waits for a thread, [`Next::Again`](super::Next::Again) goes behind those who wait.
//! - With [`request_end`](super::ServerOptions::request_end), a connection that was woken goes on waiting until its
//!   request is there as a whole. It is in the phase of its request then, and holds no thread.
//! - A forked child has a waiting room of its own, which is empty: what is parked is the parent's.

mod deadlines;
mod gate;
mod phases;
mod room;
mod settings;
mod waiting;

pub(crate) use deadlines::Running;
pub(crate) use phases::Phases;
pub(crate) use room::{NoRequest, WaitingRoom};
pub(crate) use settings::MinRate;
pub(crate) use waiting::Parked;

#[cfg(doc)]
use crate::sys::Watch;
