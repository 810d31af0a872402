import GRDB

extension StoreMigrations {
    /// From a finding to its delivery: alerts, what is owed to whom, messages, tries, silences, accounts; review tickets.
    ///
    /// All moments are microseconds; severities are ranks, 0 the mildest.
    static func createAlerts(_ database: Database) throws {
        try createAlertOutbox(database)
        try createAlertSending(database)
        try createReviewTickets(database)
    }

    private static func createAlertOutbox(_ database: Database) throws {
        try database.execute(
            sql: """
                -- Each alert as it stands; `body` is what was last said about it, as JSON.
                CREATE TABLE alert (
                    alertID TEXT PRIMARY KEY NOT NULL,
                    status TEXT NOT NULL CHECK (status IN ('firing', 'resolved')),
                    severity INTEGER NOT NULL,
                    raiseCount INTEGER NOT NULL,
                    lastSeenAt INTEGER NOT NULL,
                    changedAt INTEGER NOT NULL,
                    -- Whether an inhibition names it as a source.
                    isInhibitor INTEGER NOT NULL,
                    body TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX alertInhibiting ON alert (isInhibitor) WHERE status = 'firing' AND isInhibitor;
                CREATE INDEX alertByChange ON alert (status, changedAt);

                -- Everything there was to say, in order. As many deliveries name an event as it owes.
                CREATE TABLE alertEvent (
                    alertEventID INTEGER PRIMARY KEY AUTOINCREMENT,
                    alertID TEXT NOT NULL REFERENCES alert,
                    kind TEXT NOT NULL CHECK (kind IN ('raised', 'resolved', 'reminded', 'unmuted')),
                    at INTEGER NOT NULL,
                    owedCount INTEGER NOT NULL,
                    body TEXT NOT NULL
                ) STRICT;
                CREATE INDEX alertEventOfAlert ON alertEvent (alertID);
                CREATE INDEX alertEventUnrouted ON alertEvent (owedCount) WHERE owedCount = 0;

                -- Alerts that one endpoint is told of together, and when it next is to be.
                CREATE TABLE alertGroup (
                    alertGroupID INTEGER PRIMARY KEY AUTOINCREMENT,
                    endpoint TEXT NOT NULL,
                    groupKey TEXT NOT NULL,
                    labels TEXT NOT NULL,
                    severity INTEGER NOT NULL,
                    intervalLength INTEGER NOT NULL,
                    repeatLength INTEGER NOT NULL,
                    -- When what waits is due; null where nothing waits that no message has yet.
                    dueAt INTEGER,
                    -- When to look again at what still fires: to remind of it, or to see whether it is still muted.
                    lookAt INTEGER,
                    lastMessageAt INTEGER,
                    -- The one message about it that is under way.
                    pendingMessageID TEXT,
                    UNIQUE (endpoint, groupKey)
                ) STRICT;
                CREATE INDEX alertGroupDue ON alertGroup (endpoint, dueAt) WHERE dueAt IS NOT NULL;
                CREATE INDEX alertGroupLook ON alertGroup (endpoint, lookAt) WHERE lookAt IS NOT NULL;
                CREATE INDEX alertGroupPending ON alertGroup (pendingMessageID) WHERE pendingMessageID IS NOT NULL;

                -- Alerts that fire, by the groups they are in: whether the endpoint knows, and what mutes them.
                CREATE TABLE alertMember (
                    alertID TEXT NOT NULL REFERENCES alert,
                    alertGroupID INTEGER NOT NULL REFERENCES alertGroup,
                    isTold INTEGER NOT NULL,
                    mutingSilenceID INTEGER,
                    mutingAlertID TEXT,
                    PRIMARY KEY (alertID, alertGroupID)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX alertMemberOfGroup ON alertMember (alertGroupID);
                CREATE INDEX alertMemberMutedByAlert ON alertMember (mutingAlertID) WHERE mutingAlertID IS NOT NULL;
                CREATE INDEX alertMemberMutedBySilence ON alertMember (mutingSilenceID)
                    WHERE mutingSilenceID IS NOT NULL;

                -- One row for each event and endpoint that is owed it.
                CREATE TABLE alertDelivery (
                    alertDeliveryID INTEGER PRIMARY KEY AUTOINCREMENT,
                    alertEventID INTEGER NOT NULL REFERENCES alertEvent,
                    alertID TEXT NOT NULL REFERENCES alert,
                    endpoint TEXT NOT NULL,
                    alertGroupID INTEGER NOT NULL REFERENCES alertGroup,
                    state TEXT NOT NULL
                        CHECK (state IN ('waiting', 'delivered', 'merged', 'silenced', 'inhibited', 'dead')),
                    -- Whether its message says something newer in its place, or only counts it.
                    isMerged INTEGER NOT NULL DEFAULT 0,
                    messageID TEXT,
                    silenceID INTEGER,
                    inhibitorID TEXT,
                    UNIQUE (alertEventID, endpoint),
                    CHECK (state NOT IN ('delivered', 'merged', 'dead') OR messageID IS NOT NULL),
                    CHECK (state <> 'delivered' OR NOT isMerged),
                    CHECK (state <> 'merged' OR isMerged),
                    CHECK (state <> 'silenced' OR silenceID IS NOT NULL),
                    CHECK (state <> 'inhibited' OR inhibitorID IS NOT NULL)
                ) STRICT;
                CREATE INDEX alertDeliveryOfGroup ON alertDelivery (alertGroupID, state, messageID);
                CREATE INDEX alertDeliveryOfMessage ON alertDelivery (messageID) WHERE messageID IS NOT NULL;
                CREATE INDEX alertDeliveryOfAlert ON alertDelivery (alertID);
                CREATE INDEX alertDeliveryInhibited ON alertDelivery (inhibitorID) WHERE inhibitorID IS NOT NULL;

                -- The account of each endpoint, kept beside the rows that it counts.
                CREATE TABLE alertTotal (
                    endpoint TEXT PRIMARY KEY NOT NULL,
                    owed INTEGER NOT NULL,
                    waiting INTEGER NOT NULL,
                    delivered INTEGER NOT NULL,
                    merged INTEGER NOT NULL,
                    silenced INTEGER NOT NULL,
                    inhibited INTEGER NOT NULL,
                    dead INTEGER NOT NULL,
                    CHECK (owed = waiting + delivered + merged + silenced + inhibited + dead),
                    CHECK (min(waiting, delivered, merged, silenced, inhibited, dead) >= 0)
                ) STRICT, WITHOUT ROWID;

                -- How many settled rows of the account were let go for their age.
                CREATE TABLE alertForgotten (
                    endpoint TEXT NOT NULL,
                    state TEXT NOT NULL,
                    deliveryCount INTEGER NOT NULL,
                    PRIMARY KEY (endpoint, state)
                ) STRICT, WITHOUT ROWID;
                """)
    }

    private static func createAlertSending(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE alertMessage (
                    alertMessageID INTEGER PRIMARY KEY AUTOINCREMENT,
                    messageID TEXT NOT NULL UNIQUE,
                    endpoint TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    severity INTEGER NOT NULL,
                    partCount INTEGER NOT NULL,
                    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
                    createdAt INTEGER NOT NULL,
                    -- Since when it has been tried: anew after a replay.
                    queuedAt INTEGER NOT NULL,
                    nextTryAt INTEGER NOT NULL,
                    failureCount INTEGER NOT NULL DEFAULT 0,
                    interruptionCount INTEGER NOT NULL DEFAULT 0,
                    finishedAt INTEGER,
                    answer TEXT,
                    body TEXT NOT NULL
                ) STRICT;
                CREATE INDEX alertMessagePending ON alertMessage (endpoint, nextTryAt) WHERE state = 'pending';
                CREATE INDEX alertMessageByTime ON alertMessage (state, endpoint, finishedAt);

                -- Each try, recorded before it is made; what it cost the endpoint's budget.
                CREATE TABLE alertAttempt (
                    alertAttemptID INTEGER PRIMARY KEY AUTOINCREMENT,
                    messageID TEXT NOT NULL,
                    endpoint TEXT NOT NULL,
                    partCount INTEGER NOT NULL,
                    startedAt INTEGER NOT NULL,
                    finishedAt INTEGER,
                    outcome TEXT CHECK (outcome IN
                        ('delivered', 'failed', 'throttled', 'refused', 'gone', 'interrupted')),
                    answer TEXT,
                    CHECK ((finishedAt IS NULL) = (outcome IS NULL))
                ) STRICT;
                CREATE INDEX alertAttemptByTime ON alertAttempt (endpoint, startedAt);
                CREATE INDEX alertAttemptOfMessage ON alertAttempt (messageID);
                CREATE INDEX alertAttemptOpen ON alertAttempt (endpoint) WHERE outcome IS NULL;

                -- How an endpoint does.
                CREATE TABLE alertEndpoint (
                    endpoint TEXT PRIMARY KEY NOT NULL,
                    -- Failures since its last success, and since when.
                    failureCount INTEGER NOT NULL,
                    failingSince INTEGER,
                    throttleCount INTEGER NOT NULL,
                    -- Nothing is tried before this moment.
                    restsUntil INTEGER,
                    disabledAt INTEGER,
                    disabledReason TEXT
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE alertSilence (
                    alertSilenceID INTEGER PRIMARY KEY AUTOINCREMENT,
                    matchers TEXT NOT NULL,
                    fromMoment INTEGER NOT NULL,
                    untilMoment INTEGER NOT NULL CHECK (untilMoment >= fromMoment),
                    author TEXT NOT NULL,
                    comment TEXT NOT NULL,
                    createdAt INTEGER NOT NULL
                ) STRICT;
                CREATE INDEX alertSilenceEnd ON alertSilence (untilMoment);

                -- The latest moment that anything here was written at: shows a clock that was set back.
                CREATE TABLE alertClock (
                    alertClockID INTEGER PRIMARY KEY CHECK (alertClockID = 1),
                    latest INTEGER NOT NULL
                ) STRICT;
                INSERT INTO alertClock VALUES (1, 0);
                """)
    }

    private static func createReviewTickets(_ database: Database) throws {
        try database.execute(
            sql: """
                -- Health is in hundredths of a point; `body` is the latest finding as JSON.
                CREATE TABLE reviewTicket (
                    reviewTicketID INTEGER PRIMARY KEY AUTOINCREMENT,
                    orderID TEXT NOT NULL,
                    watch TEXT NOT NULL,
                    channel TEXT,
                    isOpen INTEGER NOT NULL,
                    healthHundredths INTEGER NOT NULL,
                    -- As last written to the history, and as of the last verdict.
                    notedHundredths INTEGER NOT NULL,
                    judgedHundredths INTEGER,
                    assignee TEXT,
                    verdict TEXT CHECK (verdict IN ('good', 'bad', 'unclear')),
                    openedAt INTEGER NOT NULL,
                    updatedAt INTEGER NOT NULL,
                    closedAt INTEGER,
                    body TEXT NOT NULL,
                    CHECK (isOpen = (closedAt IS NULL))
                ) STRICT;
                CREATE UNIQUE INDEX reviewTicketOpen ON reviewTicket (orderID) WHERE isOpen;
                CREATE INDEX reviewTicketOfOrder ON reviewTicket (orderID);
                CREATE INDEX reviewTicketOldest ON reviewTicket (isOpen, openedAt);
                CREATE INDEX reviewTicketWorst ON reviewTicket (isOpen, healthHundredths);

                -- Every step of every ticket. Nothing in it ever changes.
                CREATE TABLE reviewStep (
                    reviewStepID INTEGER PRIMARY KEY AUTOINCREMENT,
                    reviewTicketID INTEGER NOT NULL REFERENCES reviewTicket,
                    at INTEGER NOT NULL,
                    kind TEXT NOT NULL CHECK (kind IN
                        ('opened', 'rescored', 'reopened', 'assigned', 'noted', 'judged', 'closed')),
                    who TEXT,
                    healthHundredths INTEGER NOT NULL,
                    text TEXT
                ) STRICT;
                CREATE INDEX reviewStepOfTicket ON reviewStep (reviewTicketID);
                CREATE TRIGGER reviewStepStays BEFORE UPDATE ON reviewStep
                    BEGIN SELECT RAISE(ABORT, 'the history of a review is only added to'); END;
                CREATE TRIGGER reviewStepRemains BEFORE DELETE ON reviewStep
                    BEGIN SELECT RAISE(ABORT, 'the history of a review is only added to'); END;

                -- Verdicts that the event log does not have yet.
                CREATE TABLE reviewVerdictToLog (
                    reviewStepID INTEGER PRIMARY KEY REFERENCES reviewStep,
                    body TEXT NOT NULL
                ) STRICT;
                """)
    }
}
