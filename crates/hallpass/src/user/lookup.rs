//! Accounts looked up together.
//!
//! Every request with a token asks for one account by its identity. On SQLite
//! the way to the driver's thread and back costs several times what the query
//! does, and on PostgreSQL so does the way to the server, so requests that wait
//! at the same moment share one statement. One that comes alone is asked for at
//! once.
//!
//! No request is answered by a statement that began before it came: nobody is
//! told of an account that was gone when they asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::store::{self, AT_ONCE};
use super::{User, UserId};
use crate::db::{Db, StoreError};
use crate::error::Error;

/// Statements under way at once. More would leave fewer requests to share one;
/// fewer would leave a server that is far away idle.
const READERS: usize = 2;

/// Finds accounts, several by one statement.
#[derive(Clone)]
pub(crate) struct Lookup(Arc<Shared>);

struct Shared {
    db: Db,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    readers: usize,
}

/// A request for an account.
struct Waiting {
    id: UserId,
    answer: oneshot::Sender<Result<Option<User>, StoreError>>,
}

impl Lookup {
    pub(crate) fn new(db: Db) -> Self {
        let queue = Mutex::default();
        Self(Arc::new(Shared { db, queue }))
    }

    /// The account, if it is there.
    pub(crate) async fn find(&self, id: UserId) -> Result<Option<User>, Error> {
        let (answer, answered) = oneshot::channel();
        if let Some(reader) = self.0.enqueue(Waiting { id, answer }) {
            tokio::spawn(reader.run());
        }
        let answered = timeout(self.0.db.patience(), answered).await;
        let answered = answered.map_err(|_| StoreError::timed_out("user by id"))?;
        Ok(answered.map_err(Error::internal)??)
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A further reader, when there may be one.
    fn enqueue(self: &Arc<Self>, waiting: Waiting) -> Option<Reader> {
        let mut queue = self.queue();
        queue.waiting.push_back(waiting);
        if queue.readers == READERS {
            return None;
        }
        queue.readers += 1;
        Some(Reader(Some(Arc::clone(self))))
    }
}

/// One of [`READERS`]; none of it is left when nobody waits.
struct Reader(Option<Arc<Shared>>);

impl Reader {
    async fn run(mut self) {
        while let Some((shared, batch)) = self.next() {
            answer(&shared.db, batch).await;
        }
    }

    /// Who waits, or the end. Seeing that nobody waits and leaving are one
    /// step, or who comes between them would wait for a reader that has left.
    fn next(&mut self) -> Option<(Arc<Shared>, Vec<Waiting>)> {
        let shared = Arc::clone(self.0.as_ref()?);
        let mut queue = shared.queue();
        if queue.waiting.is_empty() {
            queue.readers -= 1;
            self.0 = None;
            return None;
        }
        let count = queue.waiting.len().min(AT_ONCE);
        let batch = queue.waiting.drain(..count).collect();
        drop(queue);
        Some((shared, batch))
    }
}

/// A reader that panicked, or whose runtime ended, leaves too.
impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.queue().readers -= 1;
        }
    }
}

/// Asks for at most [`AT_ONCE`] accounts and tells each request its own.
async fn answer(db: &Db, mut batch: Vec<Waiting>) {
    batch.retain(|waiting| !waiting.answer.is_closed());
    let Some(first) = batch.first() else { return };
    if batch.len() == 1 {
        return answer_each(db, batch).await;
    }
    let mut ids = [first.id; AT_ONCE];
    for (id, waiting) in ids.iter_mut().zip(&batch) {
        *id = waiting.id;
    }
    match store::by_ids(db, &ids).await {
        Ok(users) => {
            for waiting in batch {
                let own = users.iter().find(|user| user.id == waiting.id);
                waiting.tell(Ok(own.cloned()));
            }
        }
        Err(away) if away.is_unavailable() => {
            for waiting in batch {
                waiting.tell(Err(away.clone()));
            }
        }
        // One row that cannot be read is nobody else's fault.
        Err(_) => answer_each(db, batch).await,
    }
}

async fn answer_each(db: &Db, batch: Vec<Waiting>) {
    for waiting in batch {
        let found = store::by_id(db, waiting.id).await;
        waiting.tell(found);
    }
}

impl Waiting {
    /// Whoever asked may have gone meanwhile.
    fn tell(self, found: Result<Option<User>, StoreError>) {
        drop(self.answer.send(found));
    }
}
