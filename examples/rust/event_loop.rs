// SPDX-License-Identifier: MIT OR Apache-2.0
//! Event loops: a receiver among other things that a task waits for, here a timer, with tokio.

use std::error::Error;
use std::thread;
use std::time::Duration;

use signalhub::{Hub, Options, Receiver, RecvError};

type Failure = Box<dyn Error + Send + Sync>;

/// Answers from another thread, until there are no more questions.
fn work(mut questions: Receiver, answers: &Hub) -> Result<(), Failure> {
    while let Ok(question) = questions.recv() {
        let number: u32 = question.text().unwrap_or_default().parse()?;
        answers.publish(&*format!("{number} squared is {}", number * number))?;
    }
    answers.close();
    Ok(())
}

/// Asks three questions, each some time after the answer to the one before.
async fn ask(questions: Hub, mut answers: Receiver) -> Result<(), Failure> {
    let mut number = 0;
    let mut is_due = true;
    loop {
        // Whichever comes first. What is dropped then has received nothing.
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(1)), if is_due => {
                is_due = false;
                if number == 3 {
                    questions.close();
                    continue;
                }
                number += 1;
                println!("timer: asks for the square of {number}");
                questions.publish(&*number.to_string())?;
            }
            answer = answers.recv_async() => match answer {
                Ok(message) => {
                    println!("hub: {}", message.text().unwrap_or_default());
                    is_due = true;
                }
                Err(RecvError::Lagged(lag)) => println!("hub: {lag}"),
                Err(RecvError::Closed) => {
                    println!("hub: closed, so the loop ends");
                    return Ok(());
                }
            },
        }
    }
}

fn main() -> Result<(), Failure> {
    let [questions, answers] = [Hub::new(Options::default())?, Hub::new(Options::default())?];
    let (to_worker, from_worker) = (questions.subscribe()?, answers.subscribe()?);
    let worker = thread::spawn(move || work(to_worker, &answers));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime.block_on(ask(questions, from_worker))?;
    worker.join().map_err(|_| "the worker panicked")??;
    Ok(())
}
