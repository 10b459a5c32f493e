//! Zip archives whose two directories can be made to disagree.

/// One record; what is `None` in a header follows the truth.
#[derive(Clone)]
pub struct Record {
    pub name: String,
    pub content: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    pub header_name: Option<String>,
    pub header_size: Option<u32>,
    pub directory_size: Option<u32>,
    pub directory_extra: Vec<u8>,
    /// Where the directory says the record is.
    pub position: Option<u32>,
}

impl Record {
    pub fn new(name: &str, content: &[u8]) -> Record {
        Record {
            name: name.to_owned(),
            content: content.to_vec(),
            method: 0,
            flags: 0,
            header_name: None,
            header_size: None,
            directory_size: None,
            directory_extra: Vec::new(),
            position: None,
        }
    }
}

/// The records of a checkpoint whose object is `pickle` and whose storage `0` is `storage`.
pub fn checkpoint(pickle: &[u8], storage: &[u8]) -> Vec<Record> {
    vec![
        Record::new("archive/data.pkl", pickle),
        Record::new("archive/byteorder", b"little"),
        Record::new("archive/data/0", storage),
        Record::new("archive/version", b"3\n"),
    ]
}

/// The archive that holds `records`.
pub fn archive(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for record in records {
        let position = record.position.unwrap_or(bytes.len() as u32);
        let size = record.content.len() as u32;

        let name = record.header_name.as_ref().unwrap_or(&record.name);
        let header_size = record.header_size.unwrap_or(size).to_le_bytes();
        bytes.extend(b"PK\x03\x04\0\0");
        bytes.extend(record.flags.to_le_bytes());
        bytes.extend(record.method.to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend(header_size);
        bytes.extend(header_size);
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(name.as_bytes());
        bytes.extend(&record.content);

        let directory_size = record.directory_size.unwrap_or(size).to_le_bytes();
        directory.extend(b"PK\x01\x02\0\0\0\0");
        directory.extend(record.flags.to_le_bytes());
        directory.extend(record.method.to_le_bytes());
        directory.extend([0; 8]);
        directory.extend(directory_size);
        directory.extend(directory_size);
        directory.extend((record.name.len() as u16).to_le_bytes());
        directory.extend((record.directory_extra.len() as u16).to_le_bytes());
        directory.extend([0; 10]);
        directory.extend(position.to_le_bytes());
        directory.extend(record.name.as_bytes());
        directory.extend(&record.directory_extra);
    }
    let start = bytes.len() as u32;
    let (count, length) = (records.len() as u16, directory.len() as u32);
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}
